import { describe, expect, it } from 'vitest';
import { activationHash } from '../../../claims/activation-hash.js';
import { signClaims, type Unsigned } from '../../../claims/jwt/encode.js';
import { newActivation } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims, ActivationClaims } from '../../../claims/types.js';
import { postActivation } from '../../../resolver/http.js';
import { NOW, runService, send, type TestService } from './service.js';

const IMPORTER = Seed.generate('account').publicKey;

/** A service with an account that exports privately, and has a signing key. */
async function exporting(change: (claims: AccountClaims) => void = () => {}) {
  const service = await runService();
  const [exporter, signing] = [Seed.generate('account'), Seed.generate('account')];
  const token = await service.operator.account(exporter.publicKey, (claims) => {
    claims.nats.signing_keys.set(signing.publicKey, null);
    claims.nats.exports.push({ subject: 'private.>', type: 'stream', token_req: true, revocations: new Map() });
    claims.nats.exports.push({ subject: 'open.>', type: 'stream', revocations: new Map() });
    change(claims);
  });
  expect((await service.push(exporter.publicKey, token)).status).toBe(201);
  return { service, exporter, signing };
}

async function activation(
  by: Signer,
  change: (claims: Unsigned<ActivationClaims>) => void = () => {},
  now = NOW - 20,
): Promise<string> {
  const claims = newActivation(IMPORTER, 'private.a', 'stream');
  change(claims);
  return (await signClaims(claims, by, { now })).token;
}

const post = (service: TestService, body: string) =>
  send(`${service.url}/jwt/v1/activations`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/jwt', accept: 'application/problem+json' },
  });

describe('an activation', () => {
  it('is kept under its hash, and the newest wins', async () => {
    const { service, exporter } = await exporting();
    const by = seedSigner(exporter);
    const [older, newer] = [await activation(by, () => {}, NOW - 30), await activation(by)];
    expect(await postActivation(service.url, newer)).toMatchObject({ status: 'created' });
    expect(await postActivation(service.url, newer)).toMatchObject({ status: 'unchanged' });
    expect(await post(service, older)).toMatchObject({ status: 409, json: { code: 'ERR_ACTIVATION_OLDER' } });
    const newest = await activation(by, () => {}, NOW - 10);
    expect(await postActivation(service.url, newest)).toMatchObject({ status: 'updated' });
    const hash = activationHash(
      (await signClaims(newActivation(IMPORTER, 'private.a', 'stream'), by, { now: 1 })).claims,
    );
    const got = await service.get(`/jwt/v1/activations/${hash}`);
    expect(got).toMatchObject({ status: 200, text: newest });
    expect(got.headers.get('content-type')).toBe('application/jwt');
    const etag = got.headers.get('etag') as string;
    expect(await service.get(`/jwt/v1/activations/${hash}`, { 'if-none-match': etag })).toMatchObject({ status: 304 });
    const { json } = await service.api('GET', '/audit?limit=1000');
    const entries = json.items.filter(({ action }: { action: string }) => action === 'activation.store');
    expect(entries).toHaveLength(2);
    expect(entries[1]).toMatchObject({ entity: exporter.publicKey, detail: { hash, importer: IMPORTER } });
  });

  it('may be issued by a signing key', async () => {
    const { service, exporter, signing } = await exporting();
    const token = await activation(seedSigner(signing), (claims) => {
      claims.nats.issuer_account = exporter.publicKey;
    });
    expect(await post(service, token)).toMatchObject({ status: 201 });
  });

  it('is refused where it would let nobody import, with the reason', async () => {
    const scoped = Seed.generate('account');
    const { service, exporter, signing } = await exporting((claims) => {
      claims.nats.exports[0]?.revocations.set(IMPORTER, NOW - 300);
    });
    const by = seedSigner(exporter);
    const stranger = seedSigner(Seed.generate('account'));
    const good = await activation(by);
    const cases: [what: string, token: string, status: number, code: string][] = [
      ['nothing', '', 400, 'ERR_JWT_FORMAT'],
      ['an account JWT', await service.operator.account(IMPORTER), 400, 'ERR_JWT_KIND'],
      ['a tampered one', `${good.slice(0, -6)}AAAAAA`, 400, 'ERR_JWT_SIGNATURE'],
      ['one of an account that is not here', await activation(stranger), 404, 'ERR_ACCOUNT_UNKNOWN'],
      [
        'one by a key that is not of the account it names',
        await activation(seedSigner(scoped), (claims) => (claims.nats.issuer_account = exporter.publicKey)),
        400,
        'ERR_ACTIVATION_ISSUER',
      ],
      ['one by a signing key for itself', await activation(seedSigner(signing)), 404, 'ERR_ACCOUNT_UNKNOWN'],
      [
        'one for what is open',
        await activation(by, ({ nats }) => (nats.subject = 'open.a')),
        400,
        'ERR_ACTIVATION_NOT_ASKED',
      ],
      [
        'one for what is not exported',
        await activation(by, ({ nats }) => (nats.subject = 'other')),
        400,
        'ERR_ACTIVATION_NOT_ASKED',
      ],
      ['an invalid one', await activation(by, ({ nats }) => (nats.subject = 'a..b')), 400, 'ERR_CLAIMS_INVALID'],
      ['an expired one', await activation(by, (claims) => (claims.exp = NOW - 1)), 400, 'ERR_CLAIMS_INVALID'],
      ['one from the future', await activation(by, () => {}, NOW + 3_600), 400, 'ERR_CLAIMS_INVALID'],
      ['a revoked one', await activation(by, () => {}, NOW - 400), 400, 'ERR_ACTIVATION_REVOKED'],
    ];
    for (const [what, token, status, code] of cases) {
      const refused = await post(service, token);
      expect([refused.status, refused.json?.code], what).toEqual([status, code]);
    }
    const { json } = await service.api('GET', '/audit?limit=1000');
    expect(json.items.filter(({ action }: { action: string }) => action === 'activation.store')).toEqual([]);
    const unknown = await service.get('/jwt/v1/activations/NONE', { accept: 'application/json' });
    expect(unknown).toMatchObject({ status: 404, json: { code: 'ERR_ACTIVATION_UNKNOWN' } });
    expect(await service.get('/jwt/v1/activations')).toMatchObject({ status: 404 });
  });
});
