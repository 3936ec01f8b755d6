import { describe, expect, it } from 'vitest';
import { activationHash } from '../../../claims/activation-hash.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { vectors } from './jwt/vectors.js';

describe('the activation hash', () => {
  it.each(vectors.filter((v) => v.hash_id))('is that of Go for $name', (vector) => {
    expect(activationHash(decodeAs('activation', vector.token).claims)).toBe(vector.hash_id);
  });
});
