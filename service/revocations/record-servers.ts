import type { RevocationServer } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { findAccount } from '../accounts/find-account.js';
import type { ClosingReport } from '../link/closing.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import { revocationUnknown } from './unknown.js';

/** What one server made of a revocation. */
export interface ServerTook {
  server: string;
  serverId: string;
  took: boolean;
  message: string;
  /** Unix seconds. */
  at: number;
  /** Connections of the user; null where the server does not tell. */
  before: number | null;
  open: number | null;
  kicked: number;
}

export interface ToldRevocation {
  account: string;
  user: string;
  jti: string;
}

/** Puts together what the servers answered and who was connected. Links that are away have no server to name. */
export function tookBy(answers: ServerAnswer[], { servers }: ClosingReport, at: number): ServerTook[] {
  const closings = new Map(servers.map((one) => [one.serverId, one]));
  return answers
    .filter(({ serverId }) => serverId !== '')
    .map(({ server, serverId, ok: took, message }) => {
      const { before = null, open = null, kicked = 0 } = closings.get(serverId) ?? {};
      return { server, serverId, took, message, at, before, open, kicked };
    });
}

/** Facts about what was announced, no change of anything: the newest revocation of a user takes the place of one before. */
export async function recordServers({ store }: Service, told: ToldRevocation, rows: ServerTook[]): Promise<void> {
  if (rows.length === 0) return;
  const where = { accountKey: told.account, userKey: told.user };
  await store.transaction(async (tx) => {
    // Deleted meanwhile, it needs no record.
    if (!(await tx.account.findUnique({ where: { key: told.account }, select: { key: true } }))) return;
    await tx.revocationServer.deleteMany({ where });
    const data = rows.map((row) => ({ ...row, ...where, jti: told.jti, at: BigInt(row.at) }));
    await tx.revocationServer.createMany({ data });
  });
}

/** The record of a revocation that holds, and servers that took the account later: its JWT of today has the revocation in it. */
export async function revocationServers(
  { store: { db } }: Service,
  account: string,
  user: string,
): Promise<ServerTook[]> {
  const stored = await findAccount(db, account);
  if (!readStored('account', stored).claims.nats.revocations.has(user)) throw revocationUnknown(stored.key, user);
  const { key: accountKey } = stored;
  const userKey = user;
  const rows = await db.revocationServer.findMany({ where: { accountKey, userKey }, orderBy: { serverId: 'asc' } });
  const known = new Map(rows.map((row) => [row.serverId, shown(row)]));
  for (const { answers, updatedAt } of await db.announcement.findMany({ where: { accountKey } })) {
    for (const { server, serverId, ok, message } of JSON.parse(answers) as ServerAnswer[]) {
      const recorded = known.get(serverId);
      if (serverId === '' || !ok || recorded?.took) continue;
      const { before = null, open = null, kicked = 0 } = recorded ?? {};
      known.set(serverId, { server, serverId, took: true, message, at: Number(updatedAt), before, open, kicked });
    }
  }
  return [...known.values()];
}

function shown({ server, serverId, took, message, at, before, open, kicked }: RevocationServer): ServerTook {
  return { server, serverId, took, message, at: Number(at), before, open, kicked };
}
