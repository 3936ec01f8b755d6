/**
 * Compares what the servers of a link hold with what the service holds. Lists say which server is short of which account;
 * a pack, from one full resolver (they keep each other alike), says which JWTs differ. What a server is short of, or has in another
 * version, is announced anew; what is newer there is taken in if it passes the rules of a push.
 */
import type { NatsConnection } from '@nats-io/nats-core';
import type { FastifyBaseLogger } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { listAccounts, packAccounts } from '../../resolver/nats.js';
import { pushAccount } from '../push/push-account.js';
import type { Service } from '../service.js';
import { heldAccounts, packHash } from './held.js';
import { operatorOfLink } from './scope.js';

export interface DriftOptions {
  service: Service;
  link: string;
  systemAccount: string;
  connection: NatsConnection;
  present: ReadonlySet<string>;
  log: FastifyBaseLogger;
}

export interface Drift {
  /** Unix seconds. */
  checkedAt: number;
  /** Servers that keep accounts, and how many accounts of the service each one lacks. */
  servers: { server: string; serverId: string; accounts: number; missing: number }[];
  /** Accounts announced anew, deletions included. */
  announced: number;
  /** Accounts taken in because a server has a newer JWT. */
  taken: number;
}

const WAIT_MS = 5_000;
const QUIET_MS = 300;
/** A pack has a message an account; the next one comes at once, or never. */
const PACK_WAIT_MS = 30_000;
const PACK_QUIET_MS = 2_000;

/** Null where the service knows no operator of that system. */
export async function checkDrift(options: DriftOptions): Promise<Drift | null> {
  const { service, systemAccount, connection } = options;
  const operator = await operatorOfLink(service.store.db, systemAccount);
  if (operator === null) return null;
  const now = service.now();
  const { servers, missing } = await compareLists(options, operator, now);
  const hash = await packHash(service.store, operator, now);
  // Without a server that keeps accounts there is nobody to wait for.
  const packed =
    servers.length === 0
      ? null
      : await packAccounts(connection, { waitMs: PACK_WAIT_MS, quietMs: PACK_QUIET_MS, hash });
  const { due, deleted, taken } = packed
    ? await comparePack(options, packed)
    : { due: new Set<string>(), deleted: new Set<string>(), taken: 0 };
  for (const account of missing) due.add(account);
  const announced = (await announceAnew(options, due)) + (await deleteAnew(options, deleted));
  return { checkedAt: now, servers, announced, taken };
}

/** A server that keeps what it uses only (a cache) says of the others that it skipped them: it is short of nothing. */
async function compareLists({ service, link, connection, present }: DriftOptions, operator: string, now: number) {
  const lists = await listAccounts(connection, { waitMs: WAIT_MS, quietMs: QUIET_MS });
  const servers = new Map<string, { server: string; accounts: Set<string>; missing: number }>();
  for (const { server, serverId, accounts } of lists) {
    if (!present.has(serverId)) continue;
    const one = servers.get(serverId) ?? { server, accounts: new Set(), missing: 0 };
    for (const account of accounts) one.accounts.add(account);
    servers.set(serverId, one);
  }
  const missing = new Set<string>();
  if (servers.size === 0) return { servers: [], missing };
  for await (const page of heldAccounts(service.store, operator, now)) {
    const keys = page.map(({ key }) => key);
    const rows = await service.store.db.announcement.findMany({
      where: { linkId: link, accountKey: { in: keys } },
      select: { accountKey: true, answers: true },
    });
    const answersOf = new Map(rows.map(({ accountKey, answers }) => [accountKey, answers]));
    for (const key of keys) {
      const lacking = [...servers].filter(([, { accounts }]) => !accounts.has(key));
      if (lacking.length === 0) continue;
      const skipped = skippedBy(answersOf.get(key));
      for (const [serverId, one] of lacking) {
        if (skipped.has(serverId)) continue;
        one.missing++;
        missing.add(key);
      }
    }
  }
  return {
    servers: [...servers].map(([serverId, one]) => ({ ...one, serverId, accounts: one.accounts.size })),
    missing,
  };
}

function skippedBy(answers = '[]'): Set<string> {
  const said = JSON.parse(answers) as ServerAnswer[];
  return new Set(said.filter(({ ok, message }) => ok && message.includes('skipped')).map(({ serverId }) => serverId));
}

async function comparePack({ service, link, log }: DriftOptions, packed: Map<string, string>) {
  const due = new Set<string>();
  const deleted = new Set<string>();
  let taken = 0;
  for (const [key, token] of packed) {
    const ours = await service.store.db.account.findUnique({ where: { key }, select: { jwt: true, iat: true } });
    if (ours?.jwt === token) continue;
    try {
      const { claims } = decodeAs('account', token);
      const tombstone = ours ? null : await service.store.db.deletedAccount.findUnique({ where: { key } });
      if (tombstone && claims.iat <= Number(tombstone.iat)) {
        deleted.add(key);
      } else if (ours && claims.iat <= Number(ours.iat)) {
        due.add(key);
      } else {
        await pushAccount(service, { id: key, token, precondition: { kind: 'none' }, forced: false, link });
        taken++;
      }
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      // What does not pass here does not stay there, where the service has one that does.
      if (ours) due.add(key);
      log.info({ account: key, code: error.code }, 'a server has a JWT that is not taken in');
    }
  }
  return { due, deleted, taken };
}

async function announceAnew({ service, link }: DriftOptions, accounts: ReadonlySet<string>): Promise<number> {
  let count = 0;
  for (const accountKey of accounts) {
    const { count: changed } = await service.store.db.announcement.updateMany({
      where: { linkId: link, accountKey, state: 'acked' },
      data: { state: 'pending', attempts: 0, updatedAt: BigInt(service.now()) },
    });
    count += changed;
  }
  return count;
}

async function deleteAnew({ service, link }: DriftOptions, accounts: ReadonlySet<string>): Promise<number> {
  const { deletion } = service.store.db;
  const data = { state: 'pending', attempts: 0, updatedAt: BigInt(service.now()) };
  let count = 0;
  for (const accountKey of accounts) {
    const row = await deletion.findUnique({ where: { linkId_accountKey: { linkId: link, accountKey } } });
    // One under way goes on in its own time.
    if (row?.state === 'pending') continue;
    if (row) await deletion.update({ where: { linkId_accountKey: { linkId: link, accountKey } }, data });
    else await deletion.create({ data: { ...data, linkId: link, accountKey } });
    count++;
  }
  return count;
}
