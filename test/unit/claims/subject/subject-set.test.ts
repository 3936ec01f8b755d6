import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listSet, subjectSet, treeSet } from '../../../../claims/subject/subject-set.js';
import { anySubject, literal, pattern } from './twins.js';

describe('a set of subjects', () => {
  it('answers by tree what it answers by walking the list', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 20 }), fc.oneof(literal, pattern, anySubject), (patterns, asked) => {
        const list = listSet(patterns);
        for (const other of [treeSet(patterns), subjectSet(patterns)]) {
          expect(other.matches(asked)).toBe(list.matches(asked));
          expect(other.contains(asked)).toBe(list.contains(asked));
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('holds nothing when empty', () => {
    expect(subjectSet([]).matches('a')).toBe(false);
    expect(subjectSet([]).contains('a')).toBe(false);
  });

  it('takes tokens named like object members as any other', () => {
    const set = treeSet(['__proto__.*', 'constructor.>']);
    expect(set.matches('__proto__.a')).toBe(true);
    expect(set.matches('toString.a')).toBe(false);
    expect(set.contains('constructor.*')).toBe(true);
  });
});
