import { createClient } from '@libsql/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { testFolder } from './folder.js';
import { makeOperator, runService, type TestOperator, type TestService } from './service.js';

let operator: TestOperator;
beforeAll(async () => {
  operator = await makeOperator();
});

/** A service with a few changes in its audit, stopped; `tamper` works on its database before it starts again. */
async function afterTampering(tamper: (sql: (statement: string) => Promise<unknown>) => Promise<void>) {
  const dataDir = await testFolder();
  const before = await runService({ dataDir, operator });
  for (const name of ['one', 'two', 'three']) await before.api('POST', '/accounts', { name });
  const checkpoint = (await before.api('GET', '/audit/checkpoint')).json;
  await before.close();
  const client = createClient({ url: `file:${dataDir}/natsctl.db` });
  await tamper((statement) => client.execute(statement));
  client.close();
  return { service: await runService({ dataDir, operator }), checkpoint };
}

const verify = async (service: TestService, checkpoint?: unknown) =>
  (await service.api('POST', '/audit/verify', checkpoint === undefined ? {} : { checkpoint })).json;

describe('the audit', () => {
  it('tells who changed what, from which claims to which, and in which request', async () => {
    const service = await runService();
    const { publicKey } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const user = Seed.generate('user').publicKey;
    await service.api('POST', `/accounts/${publicKey}/revocations`, { user });
    const { items } = (await service.api('GET', `/audit?entity=${publicKey}`)).json;
    expect(items.map(({ action }: { action: string }) => action)).toEqual(['account.create', 'revocation.add']);
    const [made, revoked] = items;
    expect(made).toMatchObject({
      actor: 'token:admin.token',
      account: publicKey,
      operator: service.operator.claims.sub,
      before: null,
      after: { sub: publicKey, name: 'orders' },
      remote: '127.0.0.1',
    });
    expect(made.requestId).toMatch(/\S/);
    expect(revoked.before).toEqual(made.after);
    expect(revoked.after.nats.revocations).toHaveProperty([user]);
    expect(revoked.beforeJti).toBe(made.afterJti);
  });

  it('verifies as long as nobody touched it, also over a restart and against a checkpoint kept elsewhere', async () => {
    const { service, checkpoint } = await afterTampering(async () => {});
    await service.api('POST', '/accounts', { name: 'four' });
    expect(await verify(service, checkpoint)).toMatchObject({ whole: true, faults: [] });
    expect((await verify(service)).entries).toBeGreaterThan(checkpoint.seq);
  });

  const LAST = '(SELECT max(seq) FROM audit_entry)';
  it.each([
    ['an entry that was changed', `UPDATE audit_entry SET actor = 'nobody' WHERE seq = 3`],
    ['claims that were changed', `UPDATE audit_entry SET after = '{}' WHERE after IS NOT NULL`],
    ['an entry that was taken out', 'DELETE FROM audit_entry WHERE seq = 3'],
    ['an end that was cut off', `DELETE FROM audit_entry WHERE seq >= ${LAST} - 1`],
    ['a signed end that was taken away', `DELETE FROM meta WHERE key = 'audit-head'`],
    ['a last entry that was changed', `UPDATE audit_entry SET detail = '{}' WHERE seq = ${LAST}`],
    [
      'an entry put in',
      `INSERT INTO audit_entry SELECT 9999, at, actor, action, entity, before_jti, after_jti, detail,
       operator_key, account_key, "before", "after", request_id, remote, hash FROM audit_entry WHERE seq = 2`,
    ],
  ])('finds %s', async (_what, statement) => {
    const { service } = await afterTampering((sql) => sql(statement).then(() => {}));
    const verdict = await verify(service);
    expect(verdict.whole).toBe(false);
    expect(verdict.faults.length).toBeGreaterThan(0);
  });

  it('finds by a checkpoint kept elsewhere an audit that is shorter than it was, or another one', async () => {
    const dataDir = await testFolder();
    const early = await runService({ dataDir, operator });
    await early.api('POST', '/accounts', { name: 'one' });
    const of = (await early.api('GET', '/audit/checkpoint')).json;
    expect(await verify(early, { ...of, seq: of.seq + 1 })).toMatchObject({ whole: false });
    expect(
      await verify(early, { ...of, hash: of.hash.replace(/^./, (c: string) => (c === '0' ? '1' : '0')) }),
    ).toMatchObject({
      whole: false,
    });
    const stranger = await runService();
    expect(await verify(early, (await stranger.api('GET', '/audit/checkpoint')).json)).toMatchObject({ whole: false });
    expect(await verify(early, of)).toMatchObject({ whole: true });
  });
});
