/**
 * What a subject is. Tokens are separated by dots; `*` stands for one token and `>`, only as the last token, for one or
 * more. Both are wildcards only as a whole token: in `foo*` or `>>` they are ordinary characters (ADR-6, nats-server's
 * sublist). Subjects here are decoded text; the order and meaning of their characters is never changed.
 */

/** The tokens of a subject, valid or not. */
export function tokenize(subject: string): string[] {
  return subject.split('.');
}

/** True when the wire accepts it to subscribe to: no empty token, no white space, `>` only at the end. */
export function isValidSubject(subject: string): boolean {
  return wireFault(subject) === null;
}

/** True when the wire accepts it to publish to in pedantic mode: valid, and no token of it is a wildcard. */
export function isLiteralSubject(subject: string): boolean {
  return isValidSubject(subject) && !hasWildcard(subject);
}

/** True when a token of the subject is `*` or `>`. */
export function hasWildcard(subject: string): boolean {
  for (let i = 0; i < subject.length; i++) {
    const c = subject.charCodeAt(i);
    if ((c === STAR || c === GREATER) && startsToken(subject, i) && endsToken(subject, i + 1)) return true;
  }
  return false;
}

/**
 * Why a subject must not be written into claims, or null. Beyond what the wire refuses these are control and line
 * separating characters and broken UTF-16: they pass through nats-server but forge lines in logs, terminals and other
 * protocols (GHSA-qrcv-3558-gj4f).
 */
export function checkSubject(subject: string): string | null {
  const fault = wireFault(subject);
  if (fault !== null) return fault;
  if (UNPRINTABLE.test(subject)) return 'it has a control or line separating character';
  if (LONE_SURROGATE.test(subject)) return 'it is not well-formed Unicode';
  return null;
}

const DOT = 46;
const STAR = 42;
const GREATER = 62;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function wireFault(subject: string): string | null {
  if (subject === '') return 'it is empty';
  for (let i = 0; i < subject.length; i++) {
    const c = subject.charCodeAt(i);
    if (c === DOT) {
      if (startsToken(subject, i) || i + 1 === subject.length) return 'it has an empty token';
    } else if (c === GREATER) {
      if (i + 1 < subject.length && startsToken(subject, i) && subject.charCodeAt(i + 1) === DOT) {
        return '`>` is only allowed as the last token';
      }
    } else if (c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0c || c === 0x0d) {
      return 'it has white space';
    }
  }
  return null;
}

function startsToken(subject: string, i: number): boolean {
  return i === 0 || subject.charCodeAt(i - 1) === DOT;
}

function endsToken(subject: string, i: number): boolean {
  return i === subject.length || subject.charCodeAt(i) === DOT;
}
