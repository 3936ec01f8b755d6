import { expect, it } from 'vitest';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { databaseBytes } from './database.js';
import { makeOperator, NOW, runService } from './service.js';

it('a store is taken over whole: operator, accounts, users, seeds; or nothing of it', { timeout: 60_000 }, async () => {
  const service = await runService();
  const other = await makeOperator({ name: 'other' });
  const [account, signing] = [Seed.generate('account'), Seed.generate('account')];
  const shop = await other.account(account.publicKey, (claims) => {
    claims.name = 'shop';
    claims.nats.signing_keys.set(signing.publicKey, null);
  });
  const user = async (name: string, by = signing, change = {}) => {
    const { publicKey } = Seed.generate('user');
    const claims = Object.assign(newUser(publicKey, name, { issuerAccount: account.publicKey }), change);
    return { publicKey, token: (await signClaims(claims, seedSigner(by), { now: NOW - 10 })).token };
  };
  const [till, twin, late, foreign] = [
    await user('till'),
    await user('TILL'),
    await user('late', signing, { exp: NOW - 5 }),
    await user('foreign', Seed.generate('account')),
  ];
  const body = {
    operator: other.token,
    accounts: [other.systemToken, shop],
    users: [till.token, twin.token, late.token, foreign.token],
    seeds: [other.signing.reveal(), signing.reveal()],
  };
  const adopt = (more: object, query = '') =>
    service.api('POST', `/operators/adopt-store${query}`, { ...body, ...more });
  const operators = async () => (await service.api('GET', '/operators')).json.items.length;

  expect((await adopt({}, '?dryRun=true')).json.changes.map(({ action }: { action: string }) => action)).toContain(
    'user.import',
  );
  const stranger = Seed.generate('user').reveal();
  const refused = await adopt({ seeds: [stranger] });
  expect(refused).toMatchObject({ status: 400, json: { code: 'ERR_KEY_FOREIGN' } });
  expect(refused.text).not.toContain(stranger);
  expect(await adopt({ users: ['a.b.c'] })).toMatchObject({ status: 400 });
  expect(await adopt({ accounts: [service.operator.systemToken] })).toMatchObject({ status: 403 });
  expect(await operators()).toBe(1);

  const done = await adopt({});
  expect(done).toMatchObject({
    status: 201,
    json: {
      operator: other.claims.sub,
      accounts: expect.arrayContaining([other.system.publicKey, account.publicKey]),
      users: [till.publicKey],
      keys: [other.signing.publicKey, signing.publicKey],
      leftOut: [
        { user: twin.publicKey, code: 'ERR_USER_NAME_TAKEN' },
        { user: late.publicKey, code: 'ERR_USER_EXPIRED' },
        { user: foreign.publicKey, code: 'ERR_USER_ISSUER' },
      ],
    },
  });
  expect((await databaseBytes(service.dataDir)).includes(signing.reveal())).toBe(false);
  // What is held now signs: a user of the account, and a change of it.
  expect((await service.api('POST', `/accounts/${account.publicKey}/users`, { name: 'new' })).status).toBe(201);
  expect((await service.api('GET', `/users/${till.publicKey}`)).json.jwt).toBe(till.token);
  // Two states of one account, or of one user: the one is refused, of the other the newest counts.
  const older = await other.account(account.publicKey, (claims) => Object.assign(claims, { name: 'older' }));
  const twice = await adopt({ accounts: [older, shop] });
  expect([twice.status, twice.json.code]).toEqual([400, 'ERR_REQUEST_INVALID']);
  const claims = newUser(till.publicKey, 'newer', { issuerAccount: account.publicKey });
  const newer = await signClaims(claims, seedSigner(signing), { now: NOW - 5 });
  const left = (await adopt({ users: [newer.token] })).json.leftOut;
  expect(left).toMatchObject([{ user: till.publicKey, code: 'ERR_USER_EXISTS' }]);
  // Once more changes nothing.
  expect((await adopt({})).json).toMatchObject({ users: [], keys: [other.signing.publicKey, signing.publicKey] });
});
