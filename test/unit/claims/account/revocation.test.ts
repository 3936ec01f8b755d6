import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { droppedRevocations, isRevoked, revoke } from '../../../../claims/account/revocation.js';

const map = (entries: Record<string, number>) => new Map(Object.entries(entries));

describe('isRevoked', () => {
  it('covers JWTs issued before and at the time, not after', () => {
    const revocations = map({ UA: 100 });
    expect(isRevoked(revocations, 'UA', 99)).toBe(true);
    expect(isRevoked(revocations, 'UA', 100)).toBe(true);
    expect(isRevoked(revocations, 'UA', 101)).toBe(false);
    expect(isRevoked(revocations, 'UB', 1)).toBe(false);
  });

  it('covers every user by *', () => {
    const revocations = map({ '*': 100, UA: 50 });
    expect(isRevoked(revocations, 'UA', 100)).toBe(true);
    expect(isRevoked(revocations, 'UB', 100)).toBe(true);
    expect(isRevoked(revocations, 'UB', 101)).toBe(false);
  });

  it('takes an own entry newer than *', () => {
    expect(isRevoked(map({ '*': 100, UA: 200 }), 'UA', 150)).toBe(true);
  });

  it('covers a JWT without iat', () => {
    expect(isRevoked(map({ UA: 100 }), 'UA', 0)).toBe(true);
  });
});

describe('revoke', () => {
  it('leaves what it was given alone', () => {
    const before = map({ UA: 1 });
    expect(revoke(before, 'UB', 2)).toEqual(map({ UA: 1, UB: 2 }));
    expect(before).toEqual(map({ UA: 1 }));
  });

  it('keeps a newer time', () => {
    expect(revoke(map({ UA: 200 }), 'UA', 100)).toEqual(map({ UA: 200 }));
    expect(revoke(map({ UA: 100 }), 'UA', 200)).toEqual(map({ UA: 200 }));
  });

  it('drops what * covers and keeps what it does not', () => {
    expect(revoke(map({ UA: 100, UB: 201 }), '*', 200)).toEqual(map({ UB: 201, '*': 200 }));
  });

  it('never brings a user back', () => {
    const user = fc.constantFrom('UA', 'UB', '*');
    const time = fc.integer({ min: 0, max: 5 });
    const revocations = fc.array(fc.tuple(user, time)).map((entries) => new Map(entries));
    fc.assert(
      fc.property(revocations, user, time, (before, u, at) => {
        const after = revoke(before, u, at);
        expect(droppedRevocations(before, after)).toEqual([]);
        expect(isRevoked(after, u, at)).toBe(true);
      }),
    );
  });
});

describe('droppedRevocations', () => {
  it('names entries that are gone or older', () => {
    expect(droppedRevocations(map({ UA: 10, UB: 20, UC: 30 }), map({ UB: 19, UC: 30 }))).toEqual([
      { user: 'UA', at: 10 },
      { user: 'UB', at: 20 },
    ]);
  });

  it('takes * as cover, and only * for *', () => {
    expect(droppedRevocations(map({ UA: 10 }), map({ '*': 10 }))).toEqual([]);
    expect(droppedRevocations(map({ UA: 10 }), map({ '*': 9 }))).toEqual([{ user: 'UA', at: 10 }]);
    expect(droppedRevocations(map({ '*': 10 }), map({ UA: 10 }))).toEqual([{ user: '*', at: 10 }]);
  });
});
