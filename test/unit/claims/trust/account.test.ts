import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newOperator } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { verifyAccount } from '../../../../claims/trust/account.js';
import { trustOperators } from '../../../../claims/trust/operators.js';
import type { OperatorClaims } from '../../../../claims/types.js';
import {
  account,
  accountToken,
  code,
  NOW,
  operator,
  operatorSigning,
  operators,
  stranger,
  userToken,
} from './fixture.js';

describe('trusted operators', () => {
  async function claims(data: Partial<OperatorClaims['nats']>, by = operator): Promise<OperatorClaims> {
    const made = newOperator(operator.publicKey, 'op');
    Object.assign(made.nats, data);
    return (await signClaims(made, seedSigner(by), { now: NOW })).claims;
  }

  it('sign with their identity key and their signing keys', async () => {
    const { keys } = trustOperators([await claims({ signing_keys: [operatorSigning.publicKey] })]);
    expect([...keys.keys()]).toEqual([operatorSigning.publicKey, operator.publicKey]);
  });

  it('that demand signing keys do not sign with the identity key', async () => {
    const { keys } = trustOperators([
      await claims({ signing_keys: [operatorSigning.publicKey], strict_signing_key_usage: true }),
    ]);
    expect([...keys.keys()]).toEqual([operatorSigning.publicKey]);
    expect(keys.get(operatorSigning.publicKey)?.strict).toBe(true);
  });

  it('are refused when signed by a foreign key, twice given, or with bad signing keys', async () => {
    const foreign = await claims({}, operatorSigning);
    expect(code(() => trustOperators([foreign]))).toBe('ERR_OPERATOR_ISSUER');
    const good = await claims({});
    expect(code(() => trustOperators([good, good]))).toBe('ERR_OPERATOR_DUPLICATE');
    const odd = await claims({ signing_keys: [account.publicKey] });
    expect(code(() => trustOperators([odd]))).toBe('ERR_OPERATOR_INVALID');
    expect(
      trustOperators([await claims({ signing_keys: [operatorSigning.publicKey] }, operatorSigning)]).keys.size,
    ).toBe(2);
  });

  it('may be none: then no account is trusted', async () => {
    expect(code(() => verifyAccount('x', trustOperators([]), { now: NOW }))).toBe('ERR_JWT_FORMAT');
    const token = await accountToken();
    expect(code(() => verifyAccount(token, trustOperators([]), { now: NOW }))).toBe('ERR_ACCOUNT_UNTRUSTED');
  });
});

describe('accounts', () => {
  it('signed by an operator key are taken, and tell the operator', async () => {
    const trusted = await operators();
    for (const by of [operator, operatorSigning]) {
      const token = await accountToken({}, { by });
      const verified = verifyAccount(token, trusted, { now: NOW, subject: account.publicKey });
      expect(verified).toMatchObject({ token, strict: false });
      expect(verified.operator.sub).toBe(operator.publicKey);
    }
  });

  it('of an operator that demands signing keys must be signed by one', async () => {
    const trusted = await operators({ strict_signing_key_usage: true });
    const byIdentity = await accountToken({}, { by: operator });
    expect(code(() => verifyAccount(byIdentity, trusted, { now: NOW }))).toBe('ERR_ACCOUNT_UNTRUSTED');
    const bySigning = await accountToken({}, { by: operatorSigning });
    expect(verifyAccount(bySigning, trusted, { now: NOW }).strict).toBe(true);
  });

  it('self-signed, or signed by another operator, are refused', async () => {
    const trusted = await operators();
    for (const by of [account, stranger, Seed.generate('operator')]) {
      const token = await accountToken({}, { by });
      expect(code(() => verifyAccount(token, trusted, { now: NOW }))).toBe('ERR_ACCOUNT_UNTRUSTED');
    }
  });

  it('other than the one asked for, and tokens of another kind, are refused', async () => {
    const trusted = await operators();
    const token = await accountToken();
    expect(code(() => verifyAccount(token, trusted, { now: NOW, subject: stranger.publicKey }))).toBe(
      'ERR_ACCOUNT_SUBJECT',
    );
    const ofUser = await userToken();
    expect(code(() => verifyAccount(ofUser, trusted, { now: NOW }))).toBe('ERR_JWT_KIND');
  });

  it('are refused out of their time; an expired one is taken where allowed', async () => {
    const trusted = await operators();
    const token = await accountToken({}, { exp: NOW });
    expect(verifyAccount(token, trusted, { now: NOW }).claims.exp).toBe(NOW);
    expect(code(() => verifyAccount(token, trusted, { now: NOW + 1 }))).toBe('ERR_ACCOUNT_EXPIRED');
    expect(verifyAccount(token, trusted, { now: NOW + 1, allowExpired: true }).token).toBe(token);
    const early = await accountToken({}, { nbf: NOW + 1 });
    expect(code(() => verifyAccount(early, trusted, { now: NOW, allowExpired: true }))).toBe(
      'ERR_ACCOUNT_NOT_YET_VALID',
    );
    expect(verifyAccount(early, trusted, { now: NOW + 1 }).token).toBe(early);
  });

  it('with a blocking issue are refused, with the issues as details; warnings pass', async () => {
    const trusted = await operators();
    const bad = await accountToken({ exports: [{ subject: 'a b', type: 'stream', revocations: new Map() }] });
    expect(() => verifyAccount(bad, trusted, { now: NOW })).toThrowError(
      expect.objectContaining({
        code: 'ERR_ACCOUNT_INVALID',
        details: expect.objectContaining({
          issues: [expect.objectContaining({ code: 'ERR_EXPORT_SUBJECT', path: '/nats/exports/0/subject' })],
        }),
      }),
    );
    const warned = await accountToken({ revocations: new Map([['nobody', 1]]) });
    expect(verifyAccount(warned, trusted, { now: NOW }).token).toBe(warned);
  });
});
