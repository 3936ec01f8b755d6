/**
 * JSON as claims need it: what two readers could understand differently is refused. JSON.parse lets the last of two equal keys
 * win, rounds large integers in silence and makes `__proto__` a key; nats-server's reader differs in each point.
 * Objects come back without a prototype.
 */
import { type JwtErrorCode, jwtError } from './errors.js';

/** Nesting of objects and arrays; claims need 6. RFC 8259 section 9 lets a reader set it. */
export const MAX_JSON_DEPTH = 32;

export type JsonObject = { [key: string]: unknown };

/** Keys that mean something to JavaScript itself. */
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Parses a whole text. Refused besides bad syntax: duplicate keys, `__proto__`, `constructor` and `prototype` as keys, more than
 * 32 levels, integers beyond 2^53 - 1, numbers that overflow, lone surrogates; with `integers`, every number written with a
 * fraction or exponent.
 *
 * @throws NatsctlError ERR_JSON_INVALID, with `details.offset`.
 * @example
 * const body = parseStrictJson('{"exp": 1}', { integers: true });
 */
export function parseStrictJson(text: string, options: { integers?: boolean } = {}): unknown {
  return parseJson(text, (literal, isInteger, fail) => {
    if (isInteger) return fail('an integer beyond 2^53 - 1');
    if (options.integers === true) return fail('a number that is not an integer');
    const value = Number(literal);
    return Number.isFinite(value) ? value : fail('a number that is too large');
  });
}

/** A number that is no integer JavaScript holds exactly, kept as it was written until it is known what is wanted there. */
export class InexactNumber {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }
}

/** As `parseStrictJson`, but other numbers than exact integers come back as `InexactNumber`. */
export function parseKeepingNumbers(text: string): unknown {
  return parseJson(text, (literal) => new InexactNumber(literal));
}

type OtherNumber = (literal: string, isInteger: boolean, fail: (what: string) => never) => unknown;

function parseJson(text: string, otherNumber: OtherNumber): unknown {
  let at = 0;

  const fail = (what: string): never => {
    throw jwtError(
      'ERR_JSON_INVALID' satisfies JwtErrorCode,
      `not acceptable as JSON: ${what} at character ${at}`,
      undefined,
      { offset: at },
    );
  };

  const skipSpace = (): void => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      at++;
    }
  };

  const string = (): string => {
    const start = at++;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        at++;
      }
      // The end of the text gives NaN, which is not >= 0x20 either.
      if (!(text.charCodeAt(at) >= 0x20)) return fail('a string that is not closed, or a control character in it');
      at++;
    }
    at++;
    if (!escaped) return text.slice(start + 1, at - 1);
    let value: string;
    try {
      value = JSON.parse(text.slice(start, at)) as string;
    } catch {
      return fail('a string with a bad escape');
    }
    return LONE_SURROGATE.test(value) ? fail('a string with half a surrogate pair') : value;
  };

  const number = (): unknown => {
    NUMBER.lastIndex = at;
    const found = NUMBER.exec(text);
    if (found === null) return fail(at < text.length ? 'an unexpected character' : 'an unexpected end');
    at += found[0].length;
    const isInteger = found[1] === undefined && found[2] === undefined;
    const value = Number(found[0]);
    return isInteger && Number.isSafeInteger(value) ? value : otherNumber(found[0], isInteger, fail);
  };

  const word = (literal: string, value: unknown): unknown => {
    if (!text.startsWith(literal, at)) return fail('an unexpected character');
    at += literal.length;
    return value;
  };

  const object = (depth: number): JsonObject => {
    const members: JsonObject = Object.create(null);
    at++;
    skipSpace();
    if (text[at] === '}') {
      at++;
      return members;
    }
    for (;;) {
      skipSpace();
      if (text[at] !== '"') return fail('no key where one must be');
      const key = string();
      if (REFUSED_KEYS.has(key)) return fail(`the key "${key}"`);
      if (key in members) return fail(`the key ${JSON.stringify(key)} a second time`);
      skipSpace();
      if (text[at] !== ':') return fail('no colon where one must be');
      at++;
      members[key] = value(depth);
      skipSpace();
      const end = text[at];
      if (end !== ',' && end !== '}') return fail('no comma or closing brace where one must be');
      at++;
      if (end === '}') return members;
    }
  };

  const array = (depth: number): unknown[] => {
    const items: unknown[] = [];
    at++;
    skipSpace();
    if (text[at] === ']') {
      at++;
      return items;
    }
    for (;;) {
      items.push(value(depth));
      skipSpace();
      const end = text[at];
      if (end !== ',' && end !== ']') return fail('no comma or closing bracket where one must be');
      at++;
      if (end === ']') return items;
    }
  };

  const value = (depth: number): unknown => {
    skipSpace();
    switch (text[at]) {
      case '{':
        return depth < MAX_JSON_DEPTH ? object(depth + 1) : fail(`more than ${MAX_JSON_DEPTH} levels`);
      case '[':
        return depth < MAX_JSON_DEPTH ? array(depth + 1) : fail(`more than ${MAX_JSON_DEPTH} levels`);
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default:
        return number();
    }
  };

  if (LONE_SURROGATE.test(text)) return fail('half a surrogate pair somewhere');
  const whole = value(0);
  skipSpace();
  return at === text.length ? whole : fail('something after the end');
}
