import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { databaseBytes } from './database.js';
import { NOW, type Reply, runService, type TestService } from './service.js';

async function shop(options: { maxUserTtl?: number } = {}) {
  const clock = { now: NOW };
  const service = await runService({ now: () => clock.now, ...options });
  const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
  const at = `/accounts/${account}`;
  return {
    service,
    account,
    clock,
    make: (body: object) => service.api('POST', `${at}/users`, body),
    give: (body: object, query = '') => service.api('POST', `${at}/credentials${query}`, body),
    prove: (seed: Seed, by = seed) => prove(service, account, seed, by),
    /** Sets a policy from the version it has; of the account, or of a role. */
    async policy(rules: object, role?: string) {
      const path = `${at}/credential-policy${role ? `/roles/${role}` : ''}`;
      const etag = (await service.api('GET', path)).headers.get('etag') ?? '';
      return service.api('PUT', path, { ...LAX, ...rules }, { 'if-match': etag });
    },
  };
}

const LAX = { maxTtl: null, defaultTtl: null, requireProof: false, allowBearer: true };
const refusal = ({ status, json }: Reply) => [status, json.code];
const claimsOf = (jwt: string) => decodeAs('user', jwt).claims;

async function prove(service: TestService, account: string, seed: Seed, by = seed) {
  const asked = await service.api('POST', `/accounts/${account}/credentials/challenge`, { publicKey: seed.publicKey });
  const { challenge } = asked.json;
  const signature = Buffer.from(await seedSigner(by).sign(Buffer.from(challenge))).toString('base64url');
  return { challenge, signature };
}

describe('credentials', () => {
  it('are void with everyone, or revoked alone, also where their issue is ahead of the clock', async () => {
    const { service, account, give, make } = await shop();
    const revoked = async (user: string, at = 'revocations') => {
      const body = at === 'evacuate' ? {} : { user };
      const { headers } = await service.api('GET', `/accounts/${account}`);
      const ifMatch = { 'if-match': headers.get('etag') ?? '' };
      return (await service.api('POST', `/accounts/${account}/${at}`, body, ifMatch)).json;
    };
    await revoked('*');
    const given = (await give({ name: 'job' })).json;
    expect(claimsOf(given.jwt).iat).toBe(NOW + 1);
    expect(await revoked(given.publicKey)).toMatchObject({ revokedAt: NOW + 1, known: true });
    await give({ name: 'another' });
    expect(await revoked('*')).toMatchObject({ revokedAt: NOW + 1 });
    const listed = (await make({ name: 'listed' })).json;
    expect(listed.code).toBe('ERR_USER_REVOKED');
    expect(await revoked('*', 'evacuate')).toMatchObject({ revokedAt: NOW + 1 });
  });

  it('with a key made here hold for an hour, are given once and stand in the audit, not in the list', async () => {
    const { service, account, give } = await shop();
    const given = await give({ name: 'job', permissions: { pub: { allow: ['jobs.>'] } } });
    expect(given).toMatchObject({ status: 201, json: { name: 'job', account, expires: NOW + 3_600 } });
    expect(given.headers.get('cache-control')).toBe('no-store');
    const { token, seed } = parseCreds(given.json.creds);
    expect(claimsOf(token)).toMatchObject({ sub: seed.publicKey, nats: { pub: { allow: ['jobs.>'] } } });
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toEqual([]);
    expect(refusal(await service.api('GET', `/users/${seed.publicKey}`))).toEqual([404, 'ERR_USER_UNKNOWN']);
    const { items } = (await service.api('GET', `/audit?entity=${seed.publicKey}`)).json;
    expect(items).toMatchObject([{ action: 'credentials.issue', detail: { name: 'job', listed: false } }]);
    expect((await databaseBytes(service.dataDir)).includes(seed.reveal())).toBe(false);
    const kept = await give({ name: 'kept', ttl: 60, store: true });
    expect(kept.json.expires).toBe(NOW + 60);
    expect(await service.api('GET', `/users/${kept.json.publicKey}`)).toMatchObject({ status: 200 });
    // A name is taken by those of the list alone.
    expect((await give({ name: 'kept' })).status).toBe(201);
    expect(refusal(await give({ name: 'KEPT', store: true }))).toEqual([409, 'ERR_USER_NAME_TAKEN']);
    expect(refusal(await give({ name: 'x', ttl: 86_401 }))).toEqual([400, 'ERR_REQUEST_INVALID']);
  });

  it('for a key of one’s own take a proof of it, once, in time, for this key and account', async () => {
    const { service, give, make, prove: proofOf, clock } = await shop();
    const [seed, other] = [Seed.generate('user'), Seed.generate('user')];
    const { publicKey } = seed;
    expect(refusal(await give({ name: 'x', publicKey }))).toEqual([403, 'ERR_KEY_PROOF_REQUIRED']);
    const refused: [why: string, body: object][] = [
      ['of another key', { publicKey, proof: await proofOf(seed, other) }],
      ['for another key', { publicKey, proof: await proofOf(other) }],
      ['of no key', { proof: await proofOf(seed) }],
      ['made up', { publicKey, proof: { challenge: 'natsctl-user-key a b 9999999999 x y', signature: 'x' } }],
    ];
    const second = (await service.api('POST', '/accounts', { name: 'other' })).json.publicKey;
    refused.push(['for another account', { publicKey, proof: await prove(service, second, seed) }]);
    for (const [why, body] of refused) {
      expect(refusal(await give({ name: 'x', ...body })), why).toEqual([400, 'ERR_KEY_PROOF']);
    }
    const proof = await proofOf(seed);
    expect((await give({ name: 'job', publicKey, proof }, '?dryRun=true')).json.changes).toHaveLength(1);
    const given = await give({ name: 'job', publicKey, proof });
    expect(given).toMatchObject({ status: 201, json: { publicKey, expires: NOW + 3_600 } });
    expect(given.json).not.toHaveProperty('creds');
    expect(refusal(await give({ name: 'job', publicKey, proof }))).toEqual([400, 'ERR_KEY_PROOF']);
    const late = await proofOf(seed);
    clock.now += 60;
    expect(refusal(await give({ name: 'job', publicKey, proof: late }))).toEqual([400, 'ERR_KEY_PROOF']);
    expect((await give({ name: 'job', publicKey, proof: await proofOf(seed) })).status).toBe(201);
    const listed = await make({ name: 'own', publicKey: other.publicKey, proof: await proofOf(other) });
    expect(listed.status).toBe(201);
    const twice = { name: 'own', publicKey: other.publicKey, proof: await proofOf(other) };
    expect(refusal(await give(twice))).toEqual([409, 'ERR_USER_EXISTS']);
    const wrong = { publicKey: Seed.generate('account').publicKey };
    expect((await service.api('POST', `/accounts/${second}/credentials/challenge`, wrong)).json.code).toBe(
      'ERR_KEY_KIND',
    );
  });
});

describe('a credential policy', () => {
  it('is set by who manages the account, from the version that was read', async () => {
    const { service, account, policy } = await shop();
    const path = `/accounts/${account}/credential-policy`;
    const fresh = await service.api('GET', path);
    expect(fresh).toMatchObject({ status: 200, json: LAX });
    expect(fresh.headers.get('etag')).toBe('"v0"');
    const issuer = (await service.api('POST', '/tokens', { name: 'i', role: 'issuer', account })).json.token;
    const asIssuer = { authorization: `Bearer ${issuer}`, 'if-match': '"v0"' };
    expect(refusal(await service.api('PUT', path, LAX, asIssuer))).toEqual([403, 'ERR_AUTH_FORBIDDEN']);
    expect(refusal(await service.api('DELETE', path, undefined, asIssuer))).toEqual([403, 'ERR_AUTH_FORBIDDEN']);
    expect(refusal(await service.api('PUT', path, LAX))).toEqual([428, 'ERR_PRECONDITION_REQUIRED']);
    expect(refusal(await service.api('DELETE', path, undefined, { 'if-match': '*' }))).toEqual([
      404,
      'ERR_POLICY_UNKNOWN',
    ]);
    expect(refusal(await policy({ maxTtl: 0 }))).toEqual([400, 'ERR_REQUEST_INVALID']);
    expect(refusal(await policy({ maxTtl: 1 }, 'seler'))).toEqual([409, 'ERR_ROLE_UNKNOWN']);
    const set = await policy({ maxTtl: 60 });
    expect(set).toMatchObject({ status: 200, json: { ...LAX, maxTtl: 60 } });
    expect(refusal(await service.api('PUT', path, LAX, { 'if-match': '"v0"' }))).toEqual([412, 'ERR_PRECONDITION']);
    const { items } = (await service.api('GET', `/audit?entity=${account}`)).json;
    expect(items.at(-1)).toMatchObject({ action: 'credential-policy.set', before: null, after: { maxTtl: 60 } });
    const read = { 'if-match': set.headers.get('etag') ?? '' };
    expect((await service.api('DELETE', path, undefined, read)).status).toBe(204);
    expect((await service.api('GET', path)).json).toEqual(LAX);
    // Made anew, it is not the one that was read.
    expect((await policy({ maxTtl: 90 })).status).toBe(200);
    expect(refusal(await service.api('PUT', path, LAX, read))).toEqual([412, 'ERR_PRECONDITION']);
    expect(refusal(await service.api('DELETE', path, undefined, read))).toEqual([412, 'ERR_PRECONDITION']);
  });

  it('shortens and says so, never lengthens, and nobody gets around it', async () => {
    const { service, account, make, give, policy, clock } = await shop({ maxUserTtl: 5_000 });
    const change = async (method: string, user: string, path: string, body: object) => {
      const etag = (await service.api('GET', `/users/${user}`)).headers.get('etag') ?? '';
      return service.api(method, `/users/${user}${path}`, body, { 'if-match': etag });
    };
    const long = (await make({ name: 'long' })).json;
    expect(long).toMatchObject({ expires: NOW + 5_000, clamped: { expires: NOW + 5_000, maxTtl: 5_000 } });
    await policy({ maxTtl: 600, defaultTtl: 900 });
    expect((await make({ name: 'short', expires: NOW + 10 })).json).toMatchObject({ expires: NOW + 10 });
    const asked = (await make({ name: 'asked', expires: NOW + 700 })).json;
    expect(asked.clamped).toEqual({ asked: NOW + 700, expires: NOW + 600, maxTtl: 600 });
    expect((await give({ name: 'job' })).json).not.toHaveProperty('clamped');
    expect((await give({ name: 'job', ttl: 4_000 })).json).toMatchObject({ expires: NOW + 600 });
    clock.now += 100;
    const patched = await change('PATCH', asked.publicKey, '', { exp: null });
    expect(patched.json).toMatchObject({ expires: NOW + 700, clamped: { maxTtl: 600 } });
    const reissued = await change('POST', asked.publicKey, '/reissue', { expires: NOW + 9_000 });
    expect(reissued.json).toMatchObject({ expires: NOW + 700, clamped: { asked: NOW + 9_000 } });
    const rotated = await change('POST', asked.publicKey, '/reissue', { rotateKey: true, expires: 0 });
    expect(rotated.json).toMatchObject({ expires: NOW + 700, clamped: { expires: NOW + 700 } });
    // One from before the policy is held to it when it is touched.
    expect((await change('PATCH', long.publicKey, '', { nats: { subs: 1 } })).json.expires).toBe(NOW + 700);
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toHaveLength(3);
  });

  it('of a role is asked beside that of the account, and the stricter of both counts', async () => {
    const { service, account, make, policy, prove: proofOf } = await shop();
    const { jwt, version } = await accountOf(service, account);
    const [key = ''] = decodeAs('account', jwt).claims.nats.signing_keys.keys();
    const template = { ...noLimits(), bearer_token: true };
    const role = { kind: 'user_scope', key, role: 'seller', template, description: '' };
    await service.api('PATCH', `/accounts/${account}`, { nats: { signing_keys: [role] } }, { 'if-match': version });
    await policy({ maxTtl: 600, defaultTtl: 300 });
    await policy({ maxTtl: 6_000, defaultTtl: 50, requireProof: true }, 'seller');
    const publicKey = Seed.generate('user').publicKey;
    expect((await make({ name: 'plain', publicKey })).json.expires).toBe(NOW + 300);
    expect((await make({ name: 'a', role: 'seller' })).json.expires).toBe(NOW + 50);
    expect((await make({ name: 'b', role: 'seller', expires: NOW + 5_000 })).json.expires).toBe(NOW + 600);
    const seed = Seed.generate('user');
    const brought = { name: 'c', role: 'seller', publicKey: seed.publicKey };
    expect(refusal(await make(brought))).toEqual([403, 'ERR_KEY_PROOF_REQUIRED']);
    expect((await make({ ...brought, proof: await proofOf(seed) })).status).toBe(201);
    await policy({ allowBearer: false }, 'seller');
    // The template is what makes it one.
    expect(refusal(await make({ name: 'd', role: 'seller' }))).toEqual([403, 'ERR_BEARER_NOT_ALLOWED']);
    expect((await make({ name: 'd', bearer: true })).status).toBe(201);
    await policy({ allowBearer: false });
    expect(refusal(await make({ name: 'e', bearer: true }))).toEqual([403, 'ERR_BEARER_NOT_ALLOWED']);
  });
});

async function accountOf(service: TestService, account: string) {
  const { json, headers } = await service.api('GET', `/accounts/${account}`);
  return { jwt: json.jwt as string, version: headers.get('etag') ?? '' };
}
