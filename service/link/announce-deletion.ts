import { NatsctlError } from '../../claims/errors.js';
import { signDeletion } from '../../claims/trust/deletion.js';
import type { DeletedAccount } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { deleteAccounts, listAccounts, updateAccount } from '../../resolver/nats.js';
import type { ServiceErrorCode } from '../errors.js';
import { heldOperatorSigner, servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { type AnnouncementKind, allConfirmed, misses, type Sending } from './outbox.js';

/** How long a server that comes may have been away and still have users of a deleted account connected. */
const REMEMBERED_SECONDS = 7 * 24 * 3_600;
/** Answers of one system come within a round trip of each other. */
const QUIET_MS = 300;

/**
 * A deletion, to every server of a link, in two steps. First the account's last JWT, by which each kind of server has its
 * clients leave; then the request to delete, which only those that keep accounts take. Who still lists the account has it.
 */
export const deletionAnnouncements: AnnouncementKind = {
  name: 'deletion',

  async pending({ store }, linkId, take) {
    const rows = await store.db.deletion.findMany({
      where: { linkId, state: 'pending' },
      orderBy: [{ attempts: 'asc' }, { updatedAt: 'asc' }],
      take,
    });
    return rows.map(({ accountKey, attempts }) => ({ account: accountKey, attempts }));
  },

  async send(sending, key) {
    const deleted = await sending.service.store.db.deletedAccount.findUnique({ where: { key } });
    if (!deleted) return null;
    const closed = await close(sending, deleted);
    const removed = await remove(sending, deleted);
    const keepers = await keepersOf(sending, key);
    const answers = judge(closed, removed, keepers);
    const closedByAll = deleted.jwt === null || allConfirmed(sending.present, closed);
    return { version: String(deleted.iat), answers, done: closedByAll && answers.every(({ ok }) => ok) };
  },

  async record({ store, now }, linkId, accountKey, { answers, done }) {
    await store.db.deletion.updateMany({
      where: { linkId, accountKey },
      data: {
        state: done ? 'acked' : 'pending',
        attempts: { increment: 1 },
        answers: JSON.stringify(answers),
        updatedAt: BigInt(now()),
      },
    });
  },

  async reopen({ store, now }, linkId, present) {
    const acked = await store.db.deletion.findMany({
      where: { linkId, state: 'acked', account: { deletedAt: { gt: BigInt(now() - REMEMBERED_SECONDS) } } },
      select: { accountKey: true, answers: true },
    });
    const due = acked.filter(({ answers }) => misses(present, answers)).map(({ accountKey }) => accountKey);
    for (const accountKey of due) {
      await store.db.deletion.updateMany({
        where: { linkId, accountKey },
        data: { state: 'pending', attempts: 0, updatedAt: BigInt(now()) },
      });
    }
    return due.length;
  },
};

async function close({ connection, present, waitMs }: Sending, { key, jwt }: DeletedAccount): Promise<ServerAnswer[]> {
  if (jwt === null) return [];
  const expect = present.size > 0 ? { expectIds: present } : {};
  return updateAccount(connection, key, jwt, { ...expect, waitMs });
}

async function remove({ service, connection, waitMs }: Sending, deleted: DeletedAccount): Promise<ServerAnswer[]> {
  const request = await requestOf(service, deleted);
  return deleteAccounts(connection, request, { waitMs, quietMs: QUIET_MS });
}

/** Signed anew for each attempt, since a request holds for some minutes only where its age is looked at. */
async function requestOf({ store, custody, now }: Service, deleted: DeletedAccount): Promise<string> {
  const { claims } = await servedOperator(store.db, deleted.operatorKey);
  try {
    const signer = await heldOperatorSigner(store.db, custody, claims);
    if (signer) return await signDeletion([deleted.key], signer, now());
  } catch (error) {
    if (deleted.request === null) throw error;
  }
  if (deleted.request !== null) return deleted.request;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_OPERATOR_KEY_ABSENT',
    `no key of operator ${claims.name ?? claims.sub} is held to ask its servers for the deletion`,
    { hint: 'ask them where the key is: `natsctl push --account-removal`', details: { operator: claims.sub } },
  );
}

async function keepersOf({ connection, waitMs }: Sending, account: string): Promise<Map<string, string>> {
  const lists = await listAccounts(connection, { waitMs, quietMs: QUIET_MS });
  const having = lists.filter(({ accounts }) => accounts.includes(account));
  return new Map(having.map(({ serverId, server }) => [serverId, server]));
}

/** One answer a server: what it said last, and no where it still has the account. */
function judge(closed: ServerAnswer[], removed: ServerAnswer[], keepers: Map<string, string>): ServerAnswer[] {
  const answers = new Map([...closed, ...removed].map((one) => [one.serverId, one]));
  for (const [serverId, server] of keepers) {
    const said = answers.get(serverId);
    const why = said && !said.ok ? said.message : 'it lists the account still';
    const hint = /delete must be enabled/.test(why) ? ' (set `allow_delete: true` in its resolver block)' : '';
    answers.set(serverId, {
      server,
      serverId,
      ok: false,
      message: `nobody is let in, but it is not deleted: ${why}${hint}`,
    });
  }
  return [...answers.values()];
}
