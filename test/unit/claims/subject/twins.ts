import fc from 'fast-check';

/** The slow, obvious twins of the subject algebra: the oracle of the property tests. */

export function twinIsWellFormed(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, i) => token !== '' && (token !== '>' || i === tokens.length - 1));
}

export function twinMatches(pattern: string, literal: string): boolean {
  if (!twinIsWellFormed(pattern) || literal.split('.').includes('')) return false;
  const walk = (p: string[], l: string[]): boolean => {
    if (p[0] === '>') return l.length > 0;
    if (p.length === 0 || l.length === 0) return p.length === l.length;
    return (p[0] === '*' || p[0] === l[0]) && walk(p.slice(1), l.slice(1));
  };
  return walk(pattern.split('.'), literal.split('.'));
}

/** Every subject over the letters a, b and one that no pattern names, up to a depth. */
export function everyLiteral(depth: number): string[] {
  let level = [''];
  const all: string[] = [];
  for (let d = 1; d <= depth; d++) {
    level = level.flatMap((prefix) =>
      ['a', 'b', 'other'].map((token) => (prefix === '' ? token : `${prefix}.${token}`)),
    );
    all.push(...level);
  }
  return all;
}

const token = fc.constantFrom('a', 'b', '*', '>');

/** Well-formed patterns over {a, b, *, >}, depth 1 to 5. */
export const pattern = fc
  .array(token, { minLength: 1, maxLength: 5 })
  .map((tokens) => tokens.map((t, i) => (t === '>' && i < tokens.length - 1 ? '*' : t)).join('.'));

/** Anything over the same alphabet, malformed too. */
export const anySubject = fc
  .array(fc.constantFrom('a', 'b', '*', '>', '', 'a*', '>>', '*>'), { minLength: 1, maxLength: 6 })
  .map((tokens) => tokens.join('.'));

export const literal = fc
  .array(fc.constantFrom('a', 'b', 'other'), { minLength: 1, maxLength: 6 })
  .map((tokens) => tokens.join('.'));
