import { expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../claims/types.js';
import { openRaw } from './database.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';

const pending = (service: TestService, account = '') =>
  `/operators/${service.operator.claims.sub}/pending-accounts${account && `/${account}`}`;
const etagOf = async (service: TestService, account: string) =>
  (await service.api('GET', pending(service, account))).headers.get('etag') ?? '';
const decide = async (service: TestService, account: string, what: string, etag?: string, body: object = {}) =>
  service.api('POST', `${pending(service, account)}/${what}`, body, {
    'if-match': etag ?? (await etagOf(service, account)),
  });
const served = async (service: TestService, id: string) =>
  decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims;

it('an account that signed itself waits for an admin, and is signed with what was looked at', async () => {
  const service = await runService({ resignSelfSigned: 'approved' });
  const { operator } = service;
  const account = Seed.generate('account');
  const [id, by] = [account.publicKey, seedSigner(account)];
  const sign = (description: string, iat: number) =>
    operator.account(id, ({ nats }) => void Object.assign(nats, { description }), { by, iat });
  const first = await sign('first', NOW - 50);

  const kept = await service.push(id, first, { accept: 'text/plain' });
  expect(kept).toMatchObject({ status: 202, text: expect.stringContaining('not stored yet') });
  expect(kept.headers.get('etag')).toBeNull();
  expect(await service.push(id, first, { accept: 'application/json' })).toMatchObject({
    status: 202,
    json: { status: 'pending', account: id, warnings: [] },
  });
  expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  expect((await service.api('GET', `/accounts/${id}`)).status).toBe(404);
  const list = (await service.api('GET', pending(service))).json.items;
  expect(list).toMatchObject([{ account: id, issuedAt: NOW - 50, replaces: null }]);
  const looked = await etagOf(service, id);
  expect((await service.api('GET', pending(service, id))).json.jwt).toBe(first);

  // What its owner pushes after the admin looked is not what the admin meant.
  const second = await sign('second', NOW - 40);
  expect((await service.push(id, second)).status).toBe(202);
  expect(await service.push(id, first)).toMatchObject({ status: 409, json: { code: 'ERR_PUSH_OLDER' } });
  expect(await decide(service, id, 'approve', looked)).toMatchObject({ status: 412 });
  expect(await service.api('POST', `${pending(service, id)}/approve`, {})).toMatchObject({ status: 428 });

  const tried = await decide(service, id, 'approve?dryRun=true');
  expect(tried.json).toMatchObject({ dryRun: true, changes: [{ action: 'account.create', entity: id }] });
  expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  expect(await decide(service, id, 'approve')).toMatchObject({ status: 200, json: { status: 'created', account: id } });
  const signed = await served(service, id);
  expect(signed).toMatchObject({ iss: operator.signing.publicKey, nats: { description: 'second' } });
  expect((await service.api('GET', pending(service))).json.items).toEqual([]);
  expect(await decide(service, id, 'approve', '"v1"')).toMatchObject({
    status: 404,
    json: { code: 'ERR_ACCOUNT_NOT_PENDING' },
  });
  // What was approved is handed over once more.
  expect(await service.push(id, second)).toMatchObject({ status: 200, text: 'jwt unchanged\n' });

  const rejected = await sign('third', signed.iat + 1);
  expect((await service.push(id, rejected)).status).toBe(202);
  expect((await served(service, id)).nats.description).toBe('second');
  expect(await decide(service, id, 'reject', undefined, { reason: 'no' })).toMatchObject({ status: 200 });
  expect((await service.api('GET', pending(service))).json.items).toEqual([]);
  const { items } = (await service.api('GET', '/audit?limit=1000')).json;
  const told = items.filter(({ entity }: { entity: string }) => entity === id);
  expect(told.map(({ action }: { action: string }) => action)).toEqual([
    'account.ask',
    'account.ask',
    'account.create',
    'account.ask',
    'account.reject',
  ]);
  expect(told[2]).toMatchObject({ detail: { signedBy: id } });

  // Made over an older JWT of the account: the operator's change since is not undone by approving.
  expect((await service.push(id, await sign('late', signed.iat + 2))).status).toBe(202);
  const changed = await operator.account(
    id,
    ({ nats }) => {
      nats.limits.conn = 7;
    },
    { iat: signed.iat + 1 },
  );
  expect((await service.push(id, changed)).status).toBe(200);
  expect(await decide(service, id, 'approve')).toMatchObject({ status: 412, json: { code: 'ERR_PUSH_PRECONDITION' } });
  expect((await served(service, id)).nats.limits.conn).toBe(7);
  expect((await service.api('DELETE', `/accounts/${id}?force=true`)).status).toBe(200);
  expect((await service.api('GET', pending(service))).json.items).toEqual([]);
});

it('what waits is a push like any other, and nobody of elsewhere decides on it', async () => {
  const service = await runService({ resignSelfSigned: 'approved' });
  const { operator } = service;
  const account = Seed.generate('account');
  const [id, by] = [account.publicKey, seedSigner(account)];
  const ask = (change: Parameters<typeof operator.account>[1], iat = NOW) =>
    operator.account(id, change, { by, iat }).then((token) => service.push(id, token));
  expect(
    await ask((claims) => {
      claims.name = '../x';
    }),
  ).toMatchObject({ status: 400 });
  expect(
    await ask((claims) => {
      claims.exp = NOW - 10;
    }),
  ).toMatchObject({ status: 400 });
  expect(await ask(() => {}, NOW + 5_000)).toMatchObject({ json: { code: 'ERR_PUSH_IN_FUTURE' } });
  const long = ({ nats }: AccountClaims) => {
    for (let n = 0; n < 1_000; n++) nats.revocations.set(Seed.generate('user').publicKey, NOW);
  };
  expect(await ask(long)).toMatchObject({ status: 409, json: { code: 'ERR_PUSH_PENDING_FULL' } });
  const other = Seed.generate('account').publicKey;
  const foreign = await operator.account(other, () => {}, { by });
  expect(await service.push(other, foreign)).toMatchObject({ status: 403, json: { code: 'ERR_ACCOUNT_UNTRUSTED' } });
  expect((await service.api('GET', pending(service))).json.items).toEqual([]);

  expect((await ask(() => {})).status).toBe(202);
  const beside = await makeOperator({ name: 'other' });
  expect((await service.api('POST', '/operators', { jwt: beside.token, accounts: [beside.systemToken] })).status).toBe(
    201,
  );
  const token = (await service.api('POST', '/tokens', { name: 't', role: 'admin', operator: beside.claims.sub })).json;
  const headers = { authorization: `Bearer ${token.token}`, 'if-match': await etagOf(service, id) };
  for (const what of ['approve', 'reject']) {
    const there = await service.api('POST', `${pending(service, id)}/${what}`, {}, headers);
    expect(there).toMatchObject({ status: 404, json: { code: 'ERR_OPERATOR_UNKNOWN' } });
    const elsewhere = `/operators/${beside.claims.sub}/pending-accounts/${id}/${what}`;
    expect(await service.api('POST', elsewhere, {}, headers)).toMatchObject({
      json: { code: 'ERR_ACCOUNT_NOT_PENDING' },
    });
  }
  const viewer = (await service.api('POST', '/tokens', { name: 'v', role: 'viewer', operator: operator.claims.sub }))
    .json;
  const looking = { ...headers, authorization: `Bearer ${viewer.token}` };
  expect((await service.api('GET', pending(service), undefined, looking)).json.items).toHaveLength(1);
  expect((await service.api('POST', `${pending(service, id)}/approve`, {}, looking)).status).toBe(403);
  expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
});

it('where the key of the operator is elsewhere, it waits until what is to be signed comes back', async () => {
  const service = await runService({ resignSelfSigned: 'approved', custody: false });
  const { operator } = service;
  const account = Seed.generate('account');
  const id = account.publicKey;
  const asked = await operator.account(
    id,
    ({ nats }) => {
      nats.description = 'mine';
    },
    { by: seedSigner(account) },
  );
  expect((await service.push(id, asked)).status).toBe(202);
  const refused = await decide(service, id, 'approve');
  expect(refused).toMatchObject({
    status: 409,
    json: { code: 'ERR_SIGN_ELSEWHERE', details: { claims: { sub: id, nats: { description: 'mine' } } } },
  });
  expect((await service.api('GET', pending(service))).json.items).toHaveLength(1);
  const { claims } = refused.json.details;
  const signed = await operator.account(id, (fresh) => {
    fresh.name = claims.name;
    fresh.nats.description = 'mine';
  });
  const unlike = await operator.account(id, () => {}, { iat: NOW - 60 });
  expect((await service.push(id, unlike)).status).toBe(201);
  expect((await service.api('GET', pending(service))).json.items).toHaveLength(1);
  expect((await service.push(id, signed)).status).toBe(200);
  expect((await service.api('GET', pending(service))).json.items).toEqual([]);
});

it('new accounts that nobody decides on do not fill the database', async () => {
  const service = await runService({ resignSelfSigned: 'approved' });
  const raw = await openRaw(service.dataDir);
  const { sub } = service.operator.claims;
  const rows = Array.from({ length: 256 }, (_, n) => `('A${n}', '${sub}', 'n', 'x', 1, ${NOW}, ${n})`);
  await raw.execute(
    `INSERT INTO "pending_account" ("key", "operator_key", "name", "jwt", "iat", "received_at", "version") VALUES ${rows.join()}`,
  );
  const account = Seed.generate('account');
  const token = await service.operator.account(account.publicKey, () => {}, { by: seedSigner(account) });
  expect(await service.push(account.publicKey, token)).toMatchObject({
    status: 409,
    json: { code: 'ERR_PUSH_PENDING_FULL' },
  });
  await raw.execute(`UPDATE "pending_account" SET "received_at" = ${NOW - 31 * 86_400} WHERE "key" = 'A7'`);
  await raw.close();
  expect((await service.push(account.publicKey, token)).status).toBe(202);
});
