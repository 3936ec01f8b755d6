import { describe, expect, it } from 'vitest';
import { decode } from '../../../../claims/jwt/decode.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { computeJti } from '../../../../claims/jwt/jti.js';
import type { AnyClaims } from '../../../../claims/types.js';
import { payloadOf, testSigner, vectors } from './vectors.js';

describe('tokens of nats-io/jwt v2', () => {
  it.each(vectors.filter((v) => v.version === 2))('$name: read, and signed again to the same token', async (vector) => {
    const decoded = decode(vector.token);
    expect(decoded).toMatchObject({ kind: vector.kind, version: 2, token: vector.token });
    expect(computeJti(decoded.claims)).toBe(decoded.claims.jti);
    const again = await signClaims<AnyClaims>(decoded.claims, testSigner(vector.signer), { now: decoded.claims.iat });
    expect(payloadOf(again.token)).toBe(payloadOf(vector.token));
    expect(again.token).toBe(vector.token);
    expect(again.claims).toEqual(decoded.claims);
  });
});

describe('tokens of jwt v1', () => {
  const v1 = vectors.filter((v) => v.version === 1);

  it.each(v1)('$name: refused but where asked for', (vector) => {
    expect(() => decode(vector.token)).toThrowError(expect.objectContaining({ code: 'ERR_JWT_VERSION' }));
    expect(decode(vector.token, { allowV1: true })).toMatchObject({
      kind: vector.kind,
      version: 1,
      token: vector.token,
    });
  });

  it.each(v1.filter((v) => v.migrated))('$name: become the same v2 token as in Go', async (vector) => {
    const { claims } = decode(vector.token, { allowV1: true });
    const migrated = vector.migrated as string;
    const { iat } = decode(migrated).claims;
    const again = await signClaims<AnyClaims>(claims, testSigner(vector.signer), { now: iat });
    expect(payloadOf(again.token)).toBe(payloadOf(migrated));
    expect(again.token).toBe(migrated);
  });
});
