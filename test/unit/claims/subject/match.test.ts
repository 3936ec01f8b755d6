import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersection, isSubset, matches, overlaps } from '../../../../claims/subject/match.js';
import { anySubject, everyLiteral, literal, pattern, twinIsWellFormed, twinMatches } from './twins.js';

describe('matches', () => {
  it.each([
    ['foo', 'foo', true],
    ['bar', 'foo', false],
    ['*', 'foo', true],
    ['>', 'foo', true],
    ['>', 'foo.bar', true],
    ['foo.>', 'foo.bar', true],
    ['foo.>', 'foo', false],
    ['bar.>', 'foo.bar', false],
    ['stats.*.*', 'stats.test.22', true],
    ['foo', 'foo.bar', false],
    ['stats.test.foo', 'stats.test.foos', false],
    ['stats.test.foos', 'stats.test.foo', false],
    ['stats.test.*', 'stats.test', false],
    ['stats.*', 'stats.test.foos', false],
    ['stats.*.*.foos', 'stats.test.foos', false],
    ['*bar', '*bar', true],
    ['*bar', 'xbar', false],
    ['foo*bar', 'foo*bar', true],
    ['foo.***.bar', 'foo.***.bar', true],
    ['>bar', '>bar', true],
    ['foo>', 'foo>', true],
    ['foo.>>>.bar', 'foo.>>>.bar', true],
    ['foo.>>', 'foo.a.b', false],
  ])('%s against %s is %s', (p, l, expected) => expect(matches(p, l)).toBe(expected));

  it('takes wildcards in what is published as text', () => {
    expect(matches('foo.*', 'foo.*')).toBe(true);
    expect(matches('foo.>', 'foo.*')).toBe(true);
    expect(matches('foo.bar', 'foo.*')).toBe(false);
    expect(matches('*', '>')).toBe(true);
  });

  it('matches nothing malformed', () => {
    for (const l of ['', '.', 'a.', '.a', 'a..b']) expect(matches('>', l), l).toBe(false);
    expect(matches('*.*', 'a.')).toBe(false);
    expect(matches('>.a', '>.a')).toBe(false);
    expect(matches('a..b', 'a..b')).toBe(false);
    expect(matches('', '')).toBe(false);
  });

  it('agrees with its twin', () => {
    fc.assert(
      fc.property(fc.oneof(pattern, anySubject), fc.oneof(literal, anySubject), (p, l) => {
        expect(matches(p, l)).toBe(twinMatches(p, l));
      }),
      { numRuns: 20_000 },
    );
  });
});

// Patterns of depth <= 5 differ, if at all, on a subject of depth <= 6 over their letters and one more letter.
const universe = everyLiteral(6);
const language = new Map<string, Set<string>>();

function languageOf(p: string): Set<string> {
  let known = language.get(p);
  if (known === undefined) {
    known = new Set(universe.filter((l) => twinMatches(p, l)));
    language.set(p, known);
  }
  return known;
}

describe('isSubset', () => {
  it.each([
    ['foo.bar', 'foo.bar', true],
    ['foo.*', '>', true],
    ['foo.*', '*.*', true],
    ['foo.*', 'foo.*', true],
    ['foo.*', 'foo.bar', false],
    ['foo.>', '>', true],
    ['foo.>', '*.>', true],
    ['foo.>', 'foo.>', true],
    ['foo.>', 'foo.bar', false],
    ['foo.>', 'foo.*', false],
    ['>', '*', false],
    ['>', '*.>', false],
    ['foo', 'foo.>', false],
    ['foo', '*bar', false],
    ['foo..bar', 'foo.*', false],
    ['foo.*', 'foo..bar', false],
    ['a.>.b', '>', false],
    ['a>.b', '>', true],
    ['', '>', false],
  ])('%s in %s is %s', (inner, outer, expected) => expect(isSubset(inner, outer)).toBe(expected));

  it('says what comparing every subject says', () => {
    fc.assert(
      fc.property(pattern, pattern, (inner, outer) => {
        const outside = languageOf(outer);
        expect(isSubset(inner, outer)).toBe([...languageOf(inner)].every((l) => outside.has(l)));
      }),
      { numRuns: 10_000 },
    );
  });

  it('contains nothing malformed', () => {
    fc.assert(
      fc.property(anySubject, anySubject, (a, b) => {
        if (isSubset(a, b)) expect(twinIsWellFormed(a) && twinIsWellFormed(b)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('overlaps', () => {
  it.each([
    ['foo.*', 'foo.*.bar.>', false],
    ['foo.*.bar.>', 'foo.*', false],
    ['foo.*', 'foo.foo', true],
    ['foo.*', '*.foo', true],
    ['foo.bar.>', '*.bar.foo', true],
    ['foo', 'foo', true],
    ['foo', 'bar', false],
    ['foo', 'foo.>', false],
    ['a.>', '*.b', true],
    ['a*.b', '*.b', true],
    ['a*.b', 'ab.b', false],
    ['>', 'a..b', false],
    ['>', 'a.>.b', false],
  ])('%s and %s is %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });

  it('says what comparing every subject says', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const other = languageOf(b);
        expect(overlaps(a, b)).toBe([...languageOf(a)].some((l) => other.has(l)));
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('intersection', () => {
  it.each([
    ['foo.*', '*.bar', 'foo.bar'],
    ['foo.>', '*.bar.>', 'foo.bar.>'],
    ['>', 'foo.*', 'foo.*'],
    ['a.>', 'a', null],
    ['a.*', 'b.*', null],
  ])('of %s and %s is %s', (a, b, expected) => {
    expect(intersection(a, b)).toBe(expected);
    expect(intersection(b, a)).toBe(expected);
  });

  it('matches exactly what both match', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const both = intersection(a, b);
        const other = languageOf(b);
        expect(both === null ? [] : [...languageOf(both)]).toEqual([...languageOf(a)].filter((l) => other.has(l)));
      }),
      { numRuns: 10_000 },
    );
  });
});
