import { describe, expect, it } from 'vitest';
import { decode } from '../../../../claims/jwt/decode.js';
import { validate } from '../../../../claims/validate/validate.js';
import { vectors } from '../jwt/vectors.js';

describe('validation', () => {
  it.each(vectors.filter((v) => v.version === 2))('blocks $name as Go does', (vector) => {
    const { claims } = decode(vector.token);
    const blocking = validate(claims, claims.iat).filter((issue) => issue.level === 'error');
    expect(blocking.length > 0, JSON.stringify(blocking)).toBe(vector.blocking);
  });
});
