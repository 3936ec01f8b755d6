/**
 * The algebra of subjects: does a pattern match, contain or overlap another. `matches` runs for every delivery, so all
 * three walk character positions and allocate nothing; test/unit/claims/subject/match.test.ts holds them against
 * obvious twins. A malformed subject (an empty token, `>` before the end) matches, contains and overlaps nothing.
 */

const DOT = 46;
const STAR = 42;
const GREATER = 62;

/**
 * True when a message published to `literal` reaches a subscription to `pattern`. Wildcard tokens in `literal` are
 * ordinary text: publishing to `foo.*` reaches `foo.*` and `foo.>` but not `foo.bar`.
 */
export function matches(pattern: string, literal: string): boolean {
  const patternLength = pattern.length;
  const literalLength = literal.length;
  let p = 0;
  let l = 0;
  // Both positions stand at the start of a token on every round.
  while (p < patternLength && l < literalLength) {
    const first = pattern.charCodeAt(p);
    const alone = p + 1 === patternLength || pattern.charCodeAt(p + 1) === DOT;
    if (first === GREATER && alone) return p + 1 === patternLength && hasOnlyFullTokens(literal, l);
    if (first === STAR && alone) {
      const start = l;
      while (l < literalLength && literal.charCodeAt(l) !== DOT) l++;
      if (l === start) return false;
      p++;
    } else {
      const start = p;
      while (p < patternLength && l < literalLength) {
        const c = pattern.charCodeAt(p);
        if (c === DOT || c !== literal.charCodeAt(l)) break;
        p++;
        l++;
      }
      if (p === start) return false;
    }
    if (p === patternLength) return l === literalLength;
    if (l === literalLength) return false;
    if (pattern.charCodeAt(p) !== DOT || literal.charCodeAt(l) !== DOT) return false;
    p++;
    l++;
  }
  return false;
}

/** True when every subject that `inner` matches is matched by `outer` too. */
export function isSubset(inner: string, outer: string): boolean {
  let i = 0;
  let o = 0;
  for (;;) {
    const innerEnd = tokenEnd(inner, i);
    const outerEnd = tokenEnd(outer, o);
    if (innerEnd === i || outerEnd === o) return false;
    if (isToken(outer, o, outerEnd, GREATER)) return outerEnd === outer.length && isWellFormed(inner, i);
    // What is left of `inner` may match subjects of any length; only `>` covers that.
    if (isToken(inner, i, innerEnd, GREATER)) return false;
    if (!isToken(outer, o, outerEnd, STAR) && !sameToken(inner, i, innerEnd, outer, o, outerEnd)) return false;
    if (innerEnd === inner.length || outerEnd === outer.length) {
      return innerEnd === inner.length && outerEnd === outer.length;
    }
    i = innerEnd + 1;
    o = outerEnd + 1;
  }
}

/** True when some subject is matched by both. */
export function overlaps(a: string, b: string): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    const aEnd = tokenEnd(a, i);
    const bEnd = tokenEnd(b, j);
    if (aEnd === i || bEnd === j) return false;
    if (isToken(a, i, aEnd, GREATER)) return aEnd === a.length && isWellFormed(b, j);
    if (isToken(b, j, bEnd, GREATER)) return bEnd === b.length && isWellFormed(a, i);
    const wild = isToken(a, i, aEnd, STAR) || isToken(b, j, bEnd, STAR);
    if (!wild && !sameToken(a, i, aEnd, b, j, bEnd)) return false;
    if (aEnd === a.length || bEnd === b.length) return aEnd === a.length && bEnd === b.length;
    i = aEnd + 1;
    j = bEnd + 1;
  }
}

/** The pattern that matches exactly what both match, or null where they do not overlap. */
export function intersection(a: string, b: string): string | null {
  if (!overlaps(a, b)) return null;
  const left = a.split('.');
  const right = b.split('.');
  const tokens: string[] = [];
  for (let i = 0; i < left.length || i < right.length; i++) {
    const x = left[i];
    const y = right[i];
    // One of them ended with `>`: the other one says what follows.
    if (x === undefined || x === '>') return [...tokens, ...right.slice(i)].join('.');
    if (y === undefined || y === '>') return [...tokens, ...left.slice(i)].join('.');
    tokens.push(x === '*' ? y : x);
  }
  return tokens.join('.');
}

function tokenEnd(subject: string, start: number): number {
  const dot = subject.indexOf('.', start);
  return dot === -1 ? subject.length : dot;
}

function isToken(subject: string, start: number, end: number, character: number): boolean {
  return end === start + 1 && subject.charCodeAt(start) === character;
}

function sameToken(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): boolean {
  if (aEnd - i !== bEnd - j) return false;
  for (; i < aEnd; i++, j++) if (a.charCodeAt(i) !== b.charCodeAt(j)) return false;
  return true;
}

/** Of a subject from the token that starts at `from`: no token is empty. */
function hasOnlyFullTokens(subject: string, from: number): boolean {
  return (
    subject.charCodeAt(from) !== DOT &&
    subject.charCodeAt(subject.length - 1) !== DOT &&
    subject.indexOf('..', from) === -1
  );
}

/** Of a pattern from the token that starts at `from`: no token is empty, `>` only at the end. */
function isWellFormed(pattern: string, from: number): boolean {
  if (!hasOnlyFullTokens(pattern, from)) return false;
  const early = pattern.indexOf('>.', from);
  if (early === -1) return true;
  for (let i = early; i !== -1; i = pattern.indexOf('>.', i + 1)) {
    if (i === from || pattern.charCodeAt(i - 1) === DOT) return false;
  }
  return true;
}
