import { describe, expect, it } from 'vitest';
import {
  checkSubject,
  hasWildcard,
  isLiteralSubject,
  isValidSubject,
  tokenize,
} from '../../../../claims/subject/subject.js';

describe('isValidSubject', () => {
  it.each(['foo', 'foo.bar', '*', '>', 'foo.*', 'foo.>', '*.*.>', '$SYS.REQ'])('accepts %j', (subject) =>
    expect(isValidSubject(subject)).toBe(true),
  );

  it.each(['', '.', '.foo', 'foo.', 'foo..bar', '>.bar', 'foo.>.bar', ' ', '\t', 'foo bar', 'foo.\n', 'a\r', 'a\f'])(
    'refuses %j',
    (subject) => expect(isValidSubject(subject)).toBe(false),
  );

  it.each(['foo*', 'foo**', 'foo.**', 'foo*bar', 'foo.*bar', '*bar', 'foo>', 'foo.>>', 'foo>bar', 'foo>.bar', '>bar'])(
    'takes the wildcard characters in %j literally',
    (subject) => {
      expect(isValidSubject(subject)).toBe(true);
      expect(isLiteralSubject(subject)).toBe(true);
      expect(hasWildcard(subject)).toBe(false);
    },
  );
});

describe('isLiteralSubject', () => {
  it.each(['*', '>', 'foo.*', 'foo.>', '*.foo', 'a.*.b', '.foo', ''])('refuses %j', (subject) =>
    expect(isLiteralSubject(subject)).toBe(false),
  );
});

describe('checkSubject', () => {
  it('is silent about what may be written into claims', () => {
    for (const subject of ['orders.new', 'orders.*', '>', 'größe.π', '$JS.API.>']) {
      expect(checkSubject(subject)).toBeNull();
    }
  });

  it('says what is wrong', () => {
    expect(checkSubject('')).toMatch(/empty/);
    expect(checkSubject('a..b')).toMatch(/empty token/);
    expect(checkSubject('a.>.b')).toMatch(/last token/);
    expect(checkSubject('a b')).toMatch(/white space/);
  });

  it('refuses what would forge a line elsewhere', () => {
    for (const c of ['\0', '\x7f', '\x85', '\u2028', '\u2029', '\x0b', '\x1b']) {
      expect(checkSubject(`a${c}b`), JSON.stringify(c)).toMatch(/control/);
    }
    expect(checkSubject('a\ud800')).toMatch(/Unicode/);
  });
});

describe('tokenize', () => {
  it('splits on dots and keeps empty tokens', () => {
    expect(tokenize('a..b')).toEqual(['a', '', 'b']);
  });
});
