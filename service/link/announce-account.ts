import { updateAccount } from '../../resolver/nats.js';
import { readStored } from '../store/read-stored.js';
import { type AnnouncementKind, allConfirmed, misses } from './outbox.js';

/** The newest JWT of an account, to every server of a link. */
export const accountAnnouncements: AnnouncementKind = {
  name: 'update',

  async pending({ store }, linkId, take) {
    const rows = await store.db.announcement.findMany({
      where: { linkId, state: 'pending' },
      orderBy: [{ attempts: 'asc' }, { updatedAt: 'asc' }],
      take,
    });
    return rows.map(({ accountKey, attempts }) => ({ account: accountKey, attempts }));
  },

  async send({ service: { store }, connection, present, waitMs }, key) {
    const account = await store.db.account.findUnique({ where: { key }, select: { key: true, jwt: true, jti: true } });
    if (!account) return null;
    const expect = present.size > 0 ? { expectIds: present } : {};
    const { token } = readStored('account', account);
    const answers = await updateAccount(connection, key, token, { ...expect, waitMs });
    return { version: account.jti, answers, done: allConfirmed(present, answers) };
  },

  async record({ store, now }, linkId, accountKey, { version, answers, done }) {
    await store.db.announcement.updateMany({
      where: { linkId, accountKey, jti: version },
      data: {
        state: done ? 'acked' : 'pending',
        attempts: { increment: 1 },
        answers: JSON.stringify(answers),
        updatedAt: BigInt(now()),
      },
    });
  },

  async reopen({ store, now }, linkId, present) {
    const acked = await store.db.announcement.findMany({
      where: { linkId, state: 'acked' },
      select: { accountKey: true, jti: true, answers: true },
    });
    const due = acked.filter(({ answers }) => misses(present, answers));
    for (const { accountKey, jti } of due) {
      await store.db.announcement.updateMany({
        where: { linkId, accountKey, jti },
        data: { state: 'pending', attempts: 0, updatedAt: BigInt(now()) },
      });
    }
    return due.length;
  },
};
