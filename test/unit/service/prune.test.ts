import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { AccountClaims } from '../../../claims/types.js';
import { backupDatabase, restoreDatabase } from '../../../service/store/backup.js';
import { testFolder } from './folder.js';
import { NOW, runService, type TestService } from './service.js';

const HOUR = 3_600;

const revocationsOf = async (service: TestService, id: string) => [
  ...decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims.nats.revocations.keys(),
];
const user = async (service: TestService, account: string, body: object) =>
  (await service.api('POST', `/accounts/${account}/users`, body)).json.publicKey as string;
const remove = async (service: TestService, key: string) => {
  const etag = (await service.api('GET', `/users/${key}`)).headers.get('etag') ?? '';
  expect((await service.api('DELETE', `/users/${key}`, undefined, { 'if-match': etag })).status).toBe(200);
};
const prune = (service: TestService, account: string, query = '') =>
  service.api('POST', `/accounts/${account}/revocations/prune${query}`);

describe('pruning revocations', () => {
  it('takes out those whose every JWT has ended, and says why the others stay', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const revoke = (body: object) => service.api('POST', `/accounts/${account}/revocations`, body);
    const short = await user(service, account, { name: 'short', expires: NOW + HOUR });
    const long = await user(service, account, { name: 'long', expires: NOW + 9 * HOUR });
    const endless = await user(service, account, { name: 'endless' });
    const listed = await user(service, account, { name: 'listed', expires: NOW + HOUR });
    const [stranger, future] = [Seed.generate('user').publicKey, Seed.generate('user').publicKey];
    now += 10;
    for (const key of [short, long, endless]) await remove(service, key);
    await revoke({ user: listed });
    await revoke({ user: stranger });
    await revoke({ user: future, at: NOW + 100 * HOUR });
    now += 1;
    const before = await service.get(`/jwt/v1/accounts/${account}`);
    expect((await prune(service, account)).json).toMatchObject({ pruned: [], announced: [] });
    expect((await service.get(`/jwt/v1/accounts/${account}`)).text).toBe(before.text);

    now = NOW + 2 * HOUR;
    expect((await prune(service, account)).json.pruned).toEqual([]);
    now += 1;
    const tried = await prune(service, account, '?dryRun=true');
    expect(tried).toMatchObject({ status: 200, json: { dryRun: true, changes: [{ action: 'revocation.prune' }] } });
    const after = Object.keys(tried.json.changes[0].after.nats.revocations);
    expect(after).not.toContain(short);
    expect(after).toContain(long);
    expect((await service.get(`/jwt/v1/accounts/${account}`)).text).toBe(before.text);
    const pruned = await prune(service, account);
    expect(pruned.json.pruned).toEqual([{ user: short, revokedAt: NOW + 10 }]);
    const reasons = pruned.json.kept.map(({ user: key, reason }: { user: string; reason: string }) => [key, reason]);
    expect(Object.fromEntries(reasons)).toEqual({
      [long]: 'not-ended',
      [endless]: 'not-ended',
      [listed]: 'user-listed',
      [future]: 'in-future',
      // Who revoked it knows of a JWT that is not in the ledger.
      [stranger]: 'not-in-ledger',
    });
    expect((await revocationsOf(service, account)).sort()).toEqual([long, endless, listed, future, stranger].sort());

    // The key stays one that was revoked: it is given nothing new.
    expect(await service.api('POST', `/accounts/${account}/users`, { name: 'again', publicKey: short })).toMatchObject({
      status: 409,
      json: { code: 'ERR_USER_REVOKED' },
    });
    // A copy from before the pruning may be pushed, and so may one from after it.
    const lacking = decodeAs('account', (await service.get(`/jwt/v1/accounts/${account}`)).text).claims;
    const push = async (claims: AccountClaims, iat: number) => {
      const token = await service.operator.account(account, (fresh) => Object.assign(fresh, claims), { iat });
      return (await service.push(account, token)).status;
    };
    expect(await push(lacking, now + 10)).toBe(200);
    expect(await push(decodeAs('account', before.text).claims, now + 20)).toBe(200);
    expect(await revocationsOf(service, account)).toContain(short);
    now += 30;
    expect((await prune(service, account)).json.pruned).toMatchObject([{ user: short }]);
  });

  it('of everyone goes when every JWT of the account until then has ended', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    // A signing key that is made here later signs here alone, as the first one does.
    const etag = (await service.api('GET', `/accounts/${account}`)).headers.get('etag') ?? '';
    const added = await service.api('POST', `/accounts/${account}/signing-keys`, {}, { 'if-match': etag });
    expect(added.status).toBe(201);
    await user(service, account, { name: 'a', expires: NOW + HOUR });
    await service.api('POST', `/accounts/${account}/revocations`, { user: '*' });
    now += 10;
    await user(service, account, { name: 'b' });
    expect((await prune(service, account)).json.kept).toMatchObject([{ user: '*', reason: 'not-ended' }]);
    now += 3 * HOUR;
    expect((await prune(service, account)).json.pruned).toMatchObject([{ user: '*' }]);
    expect(await revocationsOf(service, account)).toEqual([]);
  });

  it('is not done where somebody else can have signed users', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const gone = Seed.generate('user').publicKey;
    const kept = async (id: string) => {
      await service.api('POST', `/accounts/${id}/revocations`, { user: gone });
      now += 10;
      const { json } = await prune(service, id);
      return [json.pruned, json.kept.map(({ reason }: { reason: string }) => reason)];
    };
    const signedElsewhere = [[], ['signed-elsewhere']];
    const pushed = Seed.generate('account').publicKey;
    expect((await service.push(pushed, await service.operator.account(pushed))).status).toBe(201);
    expect(await kept(pushed)).toEqual(signedElsewhere);
    const publicKey = Seed.generate('account').publicKey;
    expect((await service.api('POST', '/accounts', { name: 'own-key', publicKey })).status).toBe(201);
    expect(await kept(publicKey)).toEqual(signedElsewhere);
    // A key from elsewhere that was in it once is enough.
    const made = await service.api('POST', '/accounts', { name: 'made-here' });
    const id = made.json.publicKey;
    const patch = async (signing_keys: unknown[]) => {
      const etag = (await service.api('GET', `/accounts/${id}`)).headers.get('etag') ?? '';
      const headers = { 'if-match': etag, 'content-type': 'application/merge-patch+json' };
      expect((await service.api('PATCH', `/accounts/${id}`, { nats: { signing_keys } }, headers)).status).toBe(200);
    };
    const own = made.json.claims.nats.signing_keys;
    await patch([...own, Seed.generate('account').publicKey]);
    await patch(own);
    expect(await kept(id)).toEqual(signedElsewhere);
  });

  it('leaves a revocation that was pushed: who made it may know of more than the ledger', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const key = await user(service, account, { name: 'a', expires: NOW + 60 });
    now += 10;
    await remove(service, key);
    const { claims } = decodeAs('account', (await service.get(`/jwt/v1/accounts/${account}`)).text);
    now += 3 * HOUR;
    // As a server has it that was told later than this database knows of.
    const unknown = Seed.generate('user').publicKey;
    const later = new Map([...claims.nats.revocations, [key, now], [unknown, now]]);
    const token = await service.operator.account(
      account,
      (fresh) => Object.assign(fresh, { ...claims, nats: { ...claims.nats, revocations: later } }),
      { iat: now },
    );
    expect((await service.push(account, token)).status).toBe(200);
    now += 3 * HOUR;
    const { json } = await prune(service, account);
    expect(json.pruned).toEqual([]);
    expect(json.kept.map(({ reason }: { reason: string }) => reason)).toEqual([
      'revoked-elsewhere',
      'revoked-elsewhere',
    ]);
    // An evacuation makes its keys here, and its revocation of everyone goes as any other.
    const headers = { 'if-match': (await service.api('GET', `/accounts/${account}`)).headers.get('etag') ?? '' };
    expect((await service.api('POST', `/accounts/${account}/evacuate`, {}, headers)).status).toBe(200);
    now += 10;
    expect((await prune(service, account)).json.pruned).toMatchObject([{ user: '*' }]);
  });

  // PostgreSQL is put back by its own tools.
  it.skipIf(inject('postgres') !== undefined)(
    'takes nothing out of a backup: JWTs issued after it are in no ledger',
    async () => {
      let now = NOW;
      const service = await runService({ now: () => now });
      const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
      const key = await user(service, account, { name: 'a', expires: NOW + 60 });
      now += 10;
      await remove(service, key);
      const folder = await testFolder();
      const [file, dataDir] = [path.join(folder, 'backup.db'), path.join(folder, 'data')];
      await backupDatabase(service.dataDir, file);
      await mkdir(dataDir, { mode: 0o700 });
      await copyFile(path.join(service.dataDir, 'master.key'), path.join(dataDir, 'master.key'));
      await restoreDatabase(file, dataDir);
      const restored = await runService({ now: () => now, dataDir, operator: service.operator });
      now += 3 * HOUR;
      expect((await prune(service, account)).json.pruned).toMatchObject([{ user: key }]);
      expect((await prune(restored, account)).json.kept).toMatchObject([{ user: key, reason: 'signed-elsewhere' }]);
      const made = (await restored.api('POST', '/accounts', { name: 'made-after' })).json.publicKey;
      await remove(restored, await user(restored, made, { name: 'a', expires: now + 60 }));
      now += 3 * HOUR;
      expect((await prune(restored, made)).json.pruned).toHaveLength(1);
    },
  );

  it('is done by itself where the service was told to', async () => {
    let now = NOW;
    const service = await runService({ now: () => now, ledger: { pruneRevocations: true, every: 0.02 } });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const key = await user(service, account, { name: 'a', expires: NOW + HOUR });
    now += 10;
    await remove(service, key);
    expect(await revocationsOf(service, account)).toEqual([key]);
    now += 86_400;
    await expect.poll(() => revocationsOf(service, account)).toEqual([]);
  });
});
