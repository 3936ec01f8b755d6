/** Who is connected in an account, asked of every server of a system (nats-server `monitor.go`, `events.go`). */
import type { NatsConnection } from '@nats-io/nats-core';
import { textOf } from './claims-answer.js';
import { gather } from './gather.js';

export interface OpenConnection {
  /** Number of it at its server. */
  cid: number;
  /** As the server saw it; empty where it does not say. */
  user: string;
  /** Redacted where it is a bearer token, by newer servers. */
  jwt: string;
  /** Who signed it; empty where the server does not say. */
  issuer: string;
}

export interface ServerConnections {
  server: string;
  serverId: string;
  connections: OpenConnection[];
  /** More than are listed where a server has many. */
  total: number;
}

/** So many of each server at once: an answer is one message, and each connection in it has its JWT. */
const PAGE = 256;
const MAX_PAGES = 64;

/**
 * Of each server that answers (a natsctl broker does not) its connections in the account, those of one user where one is given.
 *
 * @param servers how many there are; 0 = not known
 */
export async function accountConnections(
  connection: NatsConnection,
  account: string,
  { servers, waitMs, user }: { servers: number; waitMs: number; user?: string | undefined },
): Promise<ServerConnections[]> {
  const found = new Map<string, Told>();
  const request = JSON.stringify({ auth: true, limit: PAGE, ...(user !== undefined && { user }) });
  const options = { waitMs, ...(servers > 0 && { expectServers: servers }) };
  for (const { data } of await gather(connection, `$SYS.REQ.ACCOUNT.${account}.CONNZ`, request, options)) {
    const answer = parseConnz(data, user);
    if (answer) found.set(answer.serverId, answer);
  }
  const answers = [...found.values()];
  if (user === undefined) return answers.map(({ filters: _, ...answer }) => answer);
  const asked = await Promise.all(
    answers.map(({ filters, ...answer }) =>
      filters ? answer : listWhole(connection, account, answer, { user, waitMs }),
    ),
  );
  return asked.filter((answer) => answer !== null);
}

/**
 * Of a server that knows users by their password's name only: all of the account, page by page. Who is beyond the last page may be
 * anybody, and is counted. Null where it does not answer: then nothing is known.
 */
async function listWhole(
  connection: NatsConnection,
  account: string,
  { server, serverId }: ServerConnections,
  { user, waitMs }: { user: string; waitMs: number },
): Promise<ServerConnections | null> {
  const connections: OpenConnection[] = [];
  for (let page = 0; ; page++) {
    const request = JSON.stringify({ auth: true, acc: account, limit: PAGE, offset: page * PAGE });
    const options = { waitMs, expectServers: 1 };
    const [message] = await gather(connection, `$SYS.REQ.SERVER.${serverId}.CONNZ`, request, options);
    const reply = message && parse(message.data);
    if (!Array.isArray(reply?.data?.connections)) return null;
    const listed = reply.data.connections.flatMap(readConnection);
    connections.push(...listed.filter((one) => one.user === user));
    const { total } = reply.data;
    const unseen = Number.isSafeInteger(total) ? (total as number) - page * PAGE - listed.length : 0;
    if (listed.length === 0 || unseen <= 0) return { server, serverId, connections, total: connections.length };
    if (page + 1 === MAX_PAGES) return { server, serverId, connections, total: connections.length + unseen };
  }
}

/** Has a server close a connection (nats-server 2.10 and later; others do not answer). @returns whether it says so */
export async function kick(
  connection: NatsConnection,
  serverId: string,
  cid: number,
  waitMs: number,
): Promise<boolean> {
  const options = { waitMs, expectServers: 1 };
  const [answer] = await gather(connection, `$SYS.REQ.SERVER.${serverId}.KICK`, JSON.stringify({ cid }), options);
  const said = answer && parse(answer.data);
  return said !== null && said !== undefined && said.error === undefined;
}

interface Told extends ServerConnections {
  /** Whether it finds users by their keys. */
  filters: boolean;
}

interface Reply {
  server?: { id?: unknown; name?: unknown; ver?: unknown };
  data?: { total?: unknown; connections?: unknown };
  error?: unknown;
}

function parseConnz(data: Uint8Array, user: string | undefined): Told | null {
  const reply = parse(data);
  const { id, name, ver } = reply?.server ?? {};
  // Of an account that it does not know a server answers with an error: nobody is in it there.
  if (typeof id !== 'string' || id === '') return null;
  const listed = Array.isArray(reply?.data?.connections) ? reply.data.connections : [];
  const connections = listed.flatMap(readConnection).filter((one) => user === undefined || one.user === user);
  const { total } = reply?.data ?? {};
  const more = Number.isSafeInteger(total) ? (total as number) : 0;
  return {
    server: typeof name === 'string' && name !== '' ? name : id,
    serverId: id,
    connections,
    // Before 2.9.17 no server finds a user by the key of its JWT: it answers that nobody is there.
    filters: !(typeof ver === 'string' && /^(0|1|2\.[0-9])\./.test(ver)),
    total: listed.length < PAGE ? connections.length : Math.max(more, connections.length),
  };
}

function readConnection(value: unknown): OpenConnection[] {
  if (typeof value !== 'object' || value === null) return [];
  const { cid, authorized_user: user, jwt, issuer_key: issuer } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(cid)) return [];
  const text = (one: unknown) => (typeof one === 'string' ? one : '');
  return [{ cid: cid as number, user: text(user), jwt: text(jwt), issuer: text(issuer) }];
}

function parse(data: Uint8Array): Reply | null {
  try {
    const value: unknown = JSON.parse(textOf(data) ?? '');
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
