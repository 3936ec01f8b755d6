import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNatsctlError } from '../../../claims/errors.js';
import { checkEntityName } from '../../../claims/names.js';

describe('entity names', () => {
  it.each([
    'a',
    'My Account',
    'acme-prod_1',
    'größe',
    '漢字',
    'a.b',
    'con1',
    'console',
    'x'.repeat(200),
    '-',
    '_',
    '$SYS',
  ])('may be %j', (name) => {
    expect(checkEntityName(name, 'account')).toBe(name);
  });

  it.each([
    '',
    '.',
    '..',
    '.hidden',
    'a.',
    '...',
    'a/b',
    '/abs',
    '../../etc/x',
    'a\\b',
    '*',
    'a*',
    ' a',
    'a ',
    '\u00a0a',
    'a\u3000',
    'a\nb',
    'a\u0000',
    'a\u007f',
    'a\u0085',
    'a\u2028',
    'a\u2029',
    'a\u202eb',
    '\u200b',
    'a\u2066',
    'a\ufeff',
    'a\ud800',
    'x'.repeat(201),
    '漢'.repeat(67),
    'CON',
    'nul',
    'Aux.txt',
    'COM1',
    'com¹',
    'lpt9.creds',
    'prn',
    'CONIN$',
  ])('may not be %j', (name) => {
    expect(() => checkEntityName(name, 'account')).toThrowError(expect.objectContaining({ code: 'ERR_NAME_INVALID' }));
  });

  it('that pass never leave their folder, and others throw the one error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
        try {
          expect(checkEntityName(name, 'user')).toBe(name);
          expect(name).not.toMatch(/[/\\]/);
          expect(name.trim()).toBe(name);
          expect(['', '.', '..']).not.toContain(name);
        } catch (error) {
          if (!isNatsctlError(error, 'ERR_NAME_INVALID')) throw error;
        }
      }),
    );
  });

  it('name what is wrong', () => {
    expect(() => checkEntityName('a/b', 'operator')).toThrowError(
      'the operator name cannot be used: it holds a slash or backslash',
    );
    expect(() => checkEntityName(undefined as unknown as string, 'user')).toThrowError(
      /the user name cannot be used: it is empty/,
    );
  });
});
