import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNatsctlError } from '../../../../claims/errors.js';
import { MAX_JSON_DEPTH, parseStrictJson } from '../../../../claims/jwt/json.js';

function outcome(text: string, options?: { integers: boolean }): unknown {
  try {
    return parseStrictJson(text, options);
  } catch (error) {
    return isNatsctlError(error, 'ERR_JSON_INVALID') ? 'refused' : error;
  }
}

/** Values that JSON has but that are refused on purpose: three keys, and integers that would be rounded in silence. */
function isRefusedOnPurpose(value: unknown): boolean {
  if (typeof value === 'number') return /^-?[0-9]+$/.test(String(value)) && !Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Object.keys(value).some((key) => ['__proto__', 'constructor', 'prototype'].includes(key))) return true;
  return Object.values(value).some(isRefusedOnPurpose);
}

describe('strict JSON', () => {
  it('reads what JSON.stringify writes, indented or not', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        fc.pre(!isRefusedOnPurpose(value));
        const text = JSON.stringify(value, null, indent);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses, and throws nothing else', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      '-',
      '.',
      'e',
      '0',
      ' ',
      '\n',
      'true',
      'null',
      '"a"',
      '\\u',
      '\u0001',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const value = outcome(text);
        if (value === 'refused') return;
        expect(value).toEqual(JSON.parse(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '',
    ' ',
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":1}',
    '{"a":[{"constructor":1}]}',
    '{"prototype":null}',
    '{"\\u005f_proto__":1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,}',
    '[1,]',
    '[,]',
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    '0x1',
    'NaN',
    'Infinity',
    'tru',
    'nul',
    '"a',
    '"\n"',
    '"\t"',
    '"\\x"',
    '"\\u12"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '\ufeff1',
    '1 2',
    '{} x',
    '[1}',
    '{"a" 1}',
    '{"a":}',
    '// x\n1',
    '9007199254740992',
    '-9007199254740992',
    '1e400',
    '-1e400',
    '\u00a01',
  ])('refuses %j', (text) => expect(outcome(text)).toBe('refused'));

  it('takes fractions only where integers are not asked for', () => {
    for (const [text, value] of [
      ['1.5', 1.5],
      ['1.0', 1],
      ['1e3', 1000],
      ['-0.0', -0],
    ] as const) {
      expect(outcome(text)).toBe(value);
      expect(outcome(text, { integers: true })).toBe('refused');
    }
    expect(outcome('9007199254740991', { integers: true })).toBe(9007199254740991);
    expect(outcome('-9007199254740991', { integers: true })).toBe(-9007199254740991);
  });

  it('takes 32 levels and not one more', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(outcome(nested(MAX_JSON_DEPTH))).not.toBe('refused');
    expect(outcome(nested(MAX_JSON_DEPTH + 1))).toBe('refused');
    expect(outcome(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)).toBe('refused');
    expect(outcome('['.repeat(1_000_000))).toBe('refused');
  });

  it('gives objects without a prototype', () => {
    const value = parseStrictJson('{"toString":1,"hasOwnProperty":2}') as object;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect({ ...value }).toEqual({ toString: 1, hasOwnProperty: 2 });
  });

  it('says where', () => {
    expect(() => parseStrictJson('{"a": 1, "a": 2}')).toThrowError(/the key "a" a second time at character 12/);
  });
});
