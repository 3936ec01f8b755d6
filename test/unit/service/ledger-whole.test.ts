import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newAccount, newActivation } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { openRaw } from './database.js';
import { NOW, type Reply, runService } from './service.js';
import { tenant } from './tenant.js';

const ANY = { 'if-match': '*' };

/** Every JWT in an answer, wherever it stands. */
function jwtsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g) ?? [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(jwtsOf) : [];
}

it('has every JWT that is made or pushed in any way, with the one in force as that', async () => {
  let now = NOW;
  const service = await runService({ now: () => now, resignSelfSigned: 'always', ledger: { every: 0.05 } });
  const seen = new Set<string>();
  const note = (reply: Reply) => {
    expect(reply.status, reply.text).toBeLessThan(300);
    for (const jwt of jwtsOf(reply.json)) seen.add(jwt);
    return reply.json;
  };
  const [shop, orders] = [await tenant(service, 'shop'), await tenant(service, 'orders')];
  const call = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    note(await service.api(method, path, body, headers));
  const of = (method: string, path: string, body?: unknown) => call(method, `/accounts/${shop.key}${path}`, body, ANY);

  const operator = service.operator.claims.sub;
  const till = (await of('POST', '/users', { name: 'till', expires: NOW + 9_000 })).publicKey;
  await of('POST', '/users/bulk', { users: [{ name: 'one' }, { name: 'two' }] });
  const given = await of('POST', '/credentials', { name: 'job' });
  expect(jwtsOf(given)).not.toEqual([]);
  const patch = { ...ANY, 'content-type': 'application/merge-patch+json' };
  await call('PATCH', `/users/${till}`, { nats: { tags: ['a'] } }, patch);
  await call('POST', `/users/${till}/reissue`, { rotateKey: false }, ANY);
  await call('POST', `/users/${till}/disable`, {}, ANY);
  await call('POST', `/users/${till}/enable`, {}, ANY);
  const { publicKey: signing } = await of('POST', '/signing-keys', {});
  await of('POST', `/signing-keys/${signing}/rotate`, {});
  await of('POST', '/revocations/bulk', { revocations: [{ user: till }] });
  await of('DELETE', `/revocations/${till}`);
  await of('POST', '/evacuate', { reissue: true });

  note(await orders.api('POST', '/exports', { type: 'service', subject: 'orders.*', token_req: true }));
  const wanted = { exporter: orders.key, type: 'service', subject: 'orders.get', attach: true };
  const { id } = note(await shop.api('POST', '/activation-requests', wanted));
  const decide = (verb: string, body: object) => orders.api('POST', `/activation-requests/${id}/${verb}`, body);
  note(await decide('approve', { lifetime: 60 }));
  now += 10;
  note(await decide('renew', { lifetime: 90 }));
  const own = Seed.generate('account');
  const pushed = await service.operator.account(own.publicKey, (claims) => {
    claims.nats.exports = [
      { ...{ name: 'x', subject: 'x', type: 'stream', token_req: true }, revocations: new Map() },
    ] as typeof claims.nats.exports;
    claims.exp = NOW + 1_000;
  });
  expect((await service.push(own.publicKey, pushed)).status).toBe(201);
  seen.add(pushed);
  const activation = await signClaims(newActivation(shop.key, 'x', 'stream'), seedSigner(own), { now });
  expect(
    (await fetch(`${service.url}/jwt/v1/activations`, { method: 'POST', body: activation.token })).status,
  ).toBeLessThan(300);
  seen.add(activation.token);
  const selfSigned = Seed.generate('account');
  const resigned = await signClaims(newAccount(selfSigned.publicKey, 'managed'), seedSigner(selfSigned), { now });
  expect((await service.push(selfSigned.publicKey, resigned.token)).status).toBe(201);
  await call('PUT', `/operators/${operator}/renewal-policy`, { renewBefore: 900, renewFor: 9_000 }, ANY);
  const current = async (key: string) => (await service.get(`/jwt/v1/accounts/${key}`)).text;
  now += 200;
  await expect
    .poll(async () => decodeAs('account', await current(own.publicKey)).claims.exp)
    .toBeGreaterThan(now + 900);
  await call('DELETE', `/accounts/${orders.key}?force=true`, undefined, ANY);

  const raw = await openRaw(service.dataDir);
  const rows = async (sql: string) => (await raw.execute(sql)).rows;
  const ledger = new Map((await rows('SELECT * FROM "issued_jwt"')).map((row) => [String(row.hash), row]));
  const inForce =
    await rows(`SELECT "jwt" FROM "operator" UNION SELECT "jwt" FROM "account" UNION SELECT "jwt" FROM "user"
    UNION SELECT "jwt" FROM "activation" UNION SELECT "jwt" FROM "deleted_account"`);
  const tokens = inForce.map(({ jwt }) => String(jwt));
  const hashOf = (jwt: string) => createHash('sha256').update(jwt).digest('hex');
  for (const jwt of [...seen, ...tokens]) {
    const claims = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString();
    expect(ledger.has(hashOf(jwt)), claims).toBe(true);
  }
  expect(tokens.filter((jwt) => ledger.get(hashOf(jwt))?.superseded_at !== null)).toEqual([]);
  const jtis = new Set([...ledger.values()].map(({ jti }) => jti));
  const audited = await rows('SELECT "action", "after_jti" FROM "audit_entry" WHERE "after_jti" IS NOT NULL');
  expect(audited.filter(({ after_jti }) => !jtis.has(after_jti))).toEqual([]);
  await raw.close();
});
