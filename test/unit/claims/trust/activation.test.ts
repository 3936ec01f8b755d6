import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newActivation } from '../../../../claims/jwt/new.js';
import type { Seed } from '../../../../claims/keys/seed.js';
import { Seed as Seeds } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { verifyActivation } from '../../../../claims/trust/activation.js';
import type { ActivationData, Export, Import } from '../../../../claims/types.js';
import {
  account,
  accountScoped,
  accountSigning,
  code,
  NOW,
  operator,
  scope,
  stranger,
  streamImport,
  userToken,
  verified,
} from './fixture.js';

const importer = Seeds.generate('account');
const other = Seeds.generate('account');

const exported: Export = { subject: 'secret.>', type: 'stream', token_req: true, revocations: new Map() };

async function activation(
  data: Partial<ActivationData> = {},
  o: { by?: Seed; sub?: string; subject?: string; exp?: number; nbf?: number } = {},
): Promise<string> {
  const claims = newActivation(o.sub ?? importer.publicKey, o.subject ?? 'secret.x', 'stream');
  Object.assign(claims, { ...(o.exp && { exp: o.exp }), ...(o.nbf && { nbf: o.nbf }) });
  Object.assign(claims.nats, data);
  return (await signClaims(claims, seedSigner(o.by ?? account), { now: NOW })).token;
}

async function outcome(
  imp: Partial<Import>,
  o: { importer?: string; exp?: Export; strict?: boolean; scoped?: boolean; now?: number } = {},
): Promise<string> {
  const exporter = await verified(
    {
      signing_keys: new Map([
        [accountSigning.publicKey, null],
        [accountScoped.publicKey, scope()],
      ]),
    },
    { strict: o.strict ?? false },
  );
  return code(() =>
    verifyActivation(streamImport(imp), o.importer ?? importer.publicKey, exporter, o.exp ?? exported, o.now ?? NOW),
  );
}

describe('an activation token', () => {
  it('lets the importer it names import what it is for', async () => {
    expect(await outcome({ token: await activation() })).toBe('accepted');
    const wide = await activation({}, { subject: 'secret.>' });
    expect(await outcome({ token: wide, subject: 'secret.x.y' })).toBe('accepted');
    const signed = await activation({ issuer_account: account.publicKey }, { by: accountSigning });
    expect(await outcome({ token: signed })).toBe('accepted');
    expect(await outcome({ token: signed }, { strict: true })).toBe('accepted');
  });

  it('is not needed for a public export', async () => {
    expect(await outcome({}, { exp: { ...exported, token_req: false } })).toBe('accepted');
  });

  it('must be there for a private one, and be a good activation', async () => {
    expect(await outcome({})).toBe('ERR_ACTIVATION_MISSING');
    expect(await outcome({ token: 'junk' })).toBe('ERR_ACTIVATION_INVALID');
    const token = await activation();
    expect(await outcome({ token: `${token.slice(0, -3)}${token.endsWith('AAA') ? 'BBB' : 'AAA'}` })).toBe(
      'ERR_ACTIVATION_INVALID',
    );
    expect(await outcome({ token: await userToken() })).toBe('ERR_ACTIVATION_INVALID');
  });

  // CVE-2021-3127, mismatch by mismatch.
  it('of one importer cannot be replayed by another', async () => {
    expect(await outcome({ token: await activation() }, { importer: other.publicKey })).toBe('ERR_ACTIVATION_IMPORTER');
  });

  it.each(['secret.y', 'secret.*', 'secret.>', '>', 'other'])('for secret.x does not open %s', async (subject) => {
    expect(await outcome({ token: await activation(), subject })).toBe('ERR_ACTIVATION_SUBJECT');
  });

  it('for a stream does not open a service, nor the other way', async () => {
    expect(await outcome({ token: await activation(), type: 'service' })).toBe('ERR_ACTIVATION_KIND');
    expect(await outcome({ token: await activation({ kind: 'service' }) })).toBe('ERR_ACTIVATION_KIND');
  });

  it('of another account does not count, whether it says so or not', async () => {
    expect(await outcome({ token: await activation({}, { by: stranger }) })).toBe('ERR_ACTIVATION_EXPORTER');
    expect(await outcome({ token: await activation({ issuer_account: stranger.publicKey }) })).toBe(
      'ERR_ACTIVATION_EXPORTER',
    );
    expect(await outcome({ token: await activation(), account: stranger.publicKey })).toBe('ERR_ACTIVATION_EXPORTER');
  });

  it('signed by a key that the exporter does not list does not count', async () => {
    const claiming = await activation({ issuer_account: account.publicKey }, { by: stranger });
    expect(await outcome({ token: claiming })).toBe('ERR_ACTIVATION_ISSUER');
    const unnamed = await activation({}, { by: accountSigning });
    expect(await outcome({ token: unnamed })).toBe('ERR_ACTIVATION_EXPORTER');
    const byOperator = await activation({ issuer_account: account.publicKey }, { by: operator });
    expect(await outcome({ token: byOperator })).toBe('ERR_ACTIVATION_ISSUER');
  });

  it('signed by a scoped key, which is for users only, does not count', async () => {
    const scoped = await activation({ issuer_account: account.publicKey }, { by: accountScoped });
    expect(await outcome({ token: scoped })).toBe('ERR_ACTIVATION_ISSUER');
  });

  it('does not open what the export does not cover', async () => {
    const wide = await activation({}, { subject: '>' });
    expect(await outcome({ token: wide, subject: 'elsewhere' })).toBe('ERR_ACTIVATION_EXPORT');
    expect(await outcome({ token: wide }, { exp: { ...exported, type: 'service' } })).toBe('ERR_ACTIVATION_EXPORT');
  });

  it('is over at the second of its expiry, and does not begin early', async () => {
    const token = await activation({}, { exp: NOW + 1 });
    expect(await outcome({ token })).toBe('accepted');
    expect(await outcome({ token }, { now: NOW + 1 })).toBe('ERR_ACTIVATION_EXPIRED');
    expect(await outcome({ token: await activation({}, { nbf: NOW + 1 }) })).toBe('ERR_ACTIVATION_NOT_YET_VALID');
  });

  it('is revoked by account or for all', async () => {
    for (const key of [importer.publicKey, '*']) {
      const token = await activation();
      expect(await outcome({ token }, { exp: { ...exported, revocations: new Map([[key, NOW]]) } })).toBe(
        'ERR_ACTIVATION_REVOKED',
      );
      expect(await outcome({ token }, { exp: { ...exported, revocations: new Map([[key, NOW - 1]]) } })).toBe(
        'accepted',
      );
    }
  });

  it('binds the exporter subject of a service in its deprecated form', async () => {
    const token = await activation({ kind: 'service' }, { subject: 'svc.do' });
    const exp: Export = { subject: 'svc.*', type: 'service', token_req: true, revocations: new Map() };
    expect(await outcome({ token, type: 'service', subject: 'local', to: 'svc.do' }, { exp })).toBe('accepted');
    expect(await outcome({ token, type: 'service', subject: 'svc.do', to: 'svc.other' }, { exp })).toBe(
      'ERR_ACTIVATION_SUBJECT',
    );
  });
});
