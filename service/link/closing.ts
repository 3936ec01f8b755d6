import { setTimeout as sleep } from 'node:timers/promises';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { accountConnections, kick, type OpenConnection, type ServerConnections } from '../../resolver/connections.js';
import type { Links } from './links.js';

/** How one server let go of connections. */
export interface Closing {
  server: string;
  serverId: string;
  /** Connections before and after; `before` is null where the server did not answer then. */
  before: number | null;
  kicked: number;
  open: number;
}

export interface ClosingReport {
  servers: Closing[];
  /** Links over which nobody could be asked. */
  unasked: number;
}

export interface Meant {
  account: string;
  /** Only this user's connections. */
  user?: string | undefined;
}

/** Servers, with what each had open. */
export type Census = { link: string; servers: ServerConnections[] | null }[];

const ASK_MS = 1_000;
const BEFORE_MS = 300;
/** Servers close what a JWT does not let in any more by themselves, each within a moment of taking it. */
const ROUNDS = 3;
const BETWEEN_MS = 150;

/** Who is connected before a change, which does not wait long for it: a server that does not tell (a natsctl broker) is not told of. */
export function censusBefore(links: Links, meant: Meant): Promise<Census> {
  return census(links, meant, BEFORE_MS);
}

function census(links: Links, { account, user }: Meant, waitMs = ASK_MS): Promise<Census> {
  return links.askEach((connection, present) =>
    accountConnections(connection, account, { servers: present.size, waitMs, user }),
  );
}

/**
 * After the servers were told: waits a little for them to close what they must, has those kicked that are still there (`isVoid`),
 * and tells what is left. Bounded: what is still open then stands in the report.
 */
export async function seeClosed(
  links: Links,
  meant: Meant,
  before: Census,
  isVoid: (connection: OpenConnection) => boolean,
): Promise<ClosingReport> {
  const kicked = new Map<string, Set<number>>();
  let now = await census(links, meant);
  for (let round = 0; round < ROUNDS && voidOnes(now, isVoid).length > 0; round++) {
    // They are given the first round to do it themselves.
    if (round > 0) await kickAll(links, now, isVoid, kicked);
    await sleep(BETWEEN_MS);
    now = await census(links, meant);
  }
  const earlier = new Map(before.flatMap(({ servers }) => servers ?? []).map((one) => [one.serverId, one.total]));
  const servers = now.flatMap((link) =>
    (link.servers ?? []).map(({ server, serverId, connections, total }) => ({
      server,
      serverId,
      before: earlier.get(serverId) ?? null,
      kicked: kicked.get(serverId)?.size ?? 0,
      open: connections.filter(isVoid).length + (total - connections.length),
    })),
  );
  return { servers, unasked: now.filter((link) => link.servers === null).length };
}

function voidOnes(found: Census, isVoid: (connection: OpenConnection) => boolean): OpenConnection[] {
  return found.flatMap(({ servers }) => (servers ?? []).flatMap(({ connections }) => connections.filter(isVoid)));
}

async function kickAll(
  links: Links,
  found: Census,
  isVoid: (connection: OpenConnection) => boolean,
  kicked: Map<string, Set<number>>,
): Promise<void> {
  const at = new Map(found.map(({ link, servers }) => [link, servers ?? []]));
  await links.askEach(async (connection, _present, link) => {
    const all = (at.get(link) ?? []).flatMap(({ serverId, connections }) =>
      connections.filter(isVoid).map(({ cid }) => ({ serverId, cid })),
    );
    await Promise.all(
      all.map(async ({ serverId, cid }) => {
        if (!(await kick(connection, serverId, cid, ASK_MS))) return;
        kicked.set(serverId, (kicked.get(serverId) ?? new Set()).add(cid));
      }),
    );
  });
}

/** Of a server that shows a JWT: whether it was issued until then. One that it keeps to itself (of a bearer) counts as old. */
export function issuedUntil(until: number): (connection: OpenConnection) => boolean {
  return ({ jwt }) => {
    const iat = issueOf(jwt);
    return iat === null || iat <= until;
  };
}

function issueOf(jwt: string): number | null {
  try {
    return decodeAs('user', jwt).claims.iat;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}
