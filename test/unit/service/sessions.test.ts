import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { type Reply, runService, send, type TestService } from './service.js';

const post = (service: TestService, path: string, body: unknown): Promise<Reply> =>
  send(`${service.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function answer(service: TestService, seed: Seed, account?: string, by = seed) {
  const asked = await post(service, '/sessions/challenge', { key: seed.publicKey, ...(account && { account }) });
  const { challenge } = asked.json;
  const signature = Buffer.from(await seedSigner(by).sign(Buffer.from(challenge))).toString('base64url');
  return { challenge, signature };
}

const signIn = async (service: TestService, seed: Seed, account?: string) =>
  post(service, '/sessions', await answer(service, seed, account));

const asCaller = (service: TestService, token: string) => (method: string, path: string, body?: unknown) =>
  service.api(method, path, body, { authorization: `Bearer ${token}` });

describe('signing in with a key', () => {
  it('gives the holder of an operator key the operator, and puts the key into the audit', async () => {
    const service = await runService();
    const { operator } = service;
    for (const seed of [operator.identity, operator.signing]) {
      const { status, json } = await signIn(service, seed);
      expect(status).toBe(201);
      expect(json.grants).toEqual([{ role: 'admin', operator: operator.claims.sub }]);
      const api = asCaller(service, json.token);
      const made = await api('POST', '/accounts', { name: `by-${seed.publicKey.slice(0, 8)}` });
      expect(made.status).toBe(201);
      const { items } = (await service.api('GET', `/audit?entity=${made.json.publicKey}`)).json;
      expect(items[0].actor).toBe(`key:${seed.publicKey}`);
      expect((await api('GET', '/links')).status).toBe(403);
    }
  });

  it("gives an account's key the account, its signing keys the users, and one with a role a look", async () => {
    const service = await runService();
    const [account, plain, scoped] = [Seed.generate('account'), Seed.generate('account'), Seed.generate('account')];
    const token = await service.operator.account(account.publicKey, ({ nats }) => {
      nats.signing_keys.set(plain.publicKey, null);
      nats.signing_keys.set(scoped.publicKey, {
        kind: 'user_scope',
        key: scoped.publicKey,
        role: 'r',
        template: noLimits(),
        description: '',
      });
    });
    expect((await service.push(account.publicKey, token)).status).toBe(201);
    const roles = [];
    for (const seed of [account, plain, scoped]) {
      const { json } = await signIn(service, seed, account.publicKey);
      roles.push(json.grants[0].role);
      const api = asCaller(service, json.token);
      expect((await api('GET', '/accounts')).json.items.map((item: { publicKey: string }) => item.publicKey)).toEqual([
        account.publicKey,
      ]);
      const user = Seed.generate('user').publicKey;
      const revoked = await api('POST', `/accounts/${account.publicKey}/revocations`, { user });
      expect(revoked.status).toBe(json.grants[0].role === 'viewer' ? 403 : 201);
      // A signing key of one account has no place in another.
      expect((await signIn(service, seed, service.operator.system.publicKey)).status).toBe(401);
    }
    expect(roles).toEqual(['admin', 'issuer', 'viewer']);
  });

  it('ends with the place of the key: taken out of the account, its token is worth nothing', async () => {
    const service = await runService();
    const [account, signing] = [Seed.generate('account'), Seed.generate('account')];
    const withKey = await service.operator.account(account.publicKey, ({ nats }) => {
      nats.signing_keys.set(signing.publicKey, null);
    });
    await service.push(account.publicKey, withKey);
    const { token } = (await signIn(service, signing, account.publicKey)).json;
    expect((await asCaller(service, token)('GET', '/accounts')).status).toBe(200);
    const without = await service.operator.account(account.publicKey, () => {}, {
      iat: Math.floor(Date.now() / 1_000),
    });
    expect((await service.push(account.publicKey, without)).status).toBe(200);
    expect(await asCaller(service, token)('GET', '/accounts')).toMatchObject({
      status: 401,
      json: { code: 'ERR_AUTH_TOKEN_INVALID' },
    });
  });

  it('refuses strangers, foreign signatures, challenges answered twice, changed, late or of another service', async () => {
    let now = Math.floor(Date.now() / 1_000);
    const service = await runService({ now: () => now });
    const { identity } = service.operator;
    const stranger = Seed.generate('operator');
    expect((await signIn(service, stranger)).json.code).toBe('ERR_SESSION_KEY');
    const forged = await answer(service, identity, undefined, stranger);
    expect((await post(service, '/sessions', forged)).json.code).toBe('ERR_SESSION_KEY');
    const good = await answer(service, identity);
    expect((await post(service, '/sessions', good)).status).toBe(201);
    expect((await post(service, '/sessions', good)).json.code).toBe('ERR_SESSION_CHALLENGE');
    const changed = { ...good, challenge: good.challenge.replace(identity.publicKey, stranger.publicKey) };
    expect((await post(service, '/sessions', changed)).json.code).toBe('ERR_SESSION_CHALLENGE');
    const other = await runService();
    expect((await post(other, '/sessions', await answer(service, identity))).json.code).toBe('ERR_SESSION_CHALLENGE');
    const late = await answer(service, identity);
    now += 61;
    expect((await post(service, '/sessions', late)).json.code).toBe('ERR_SESSION_CHALLENGE');
    expect((await post(service, '/sessions/challenge', { key: Seed.generate('user').publicKey })).json.code).toBe(
      'ERR_KEY_KIND',
    );
    const { token } = (await signIn(service, identity)).json;
    now += 901;
    expect((await asCaller(service, token)('GET', '/accounts')).json.code).toBe('ERR_AUTH_TOKEN_INVALID');
  });
});
