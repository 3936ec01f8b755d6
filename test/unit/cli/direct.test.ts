import { describe, expect, it } from 'vitest';
import { commandOf } from '../../../cli/direct.js';

const files = {
  describe: 'describe.js',
  'account describe': 'account/describe.js',
  'account signing-key add': 'account/signing-key/add.js',
  'user add': 'user/create.js',
};

describe('the short way to a command', () => {
  it.each([
    ['account describe X --json', 'account/describe.js', ['X', '--json']],
    ['account signing-key add -a x', 'account/signing-key/add.js', ['-a', 'x']],
    ['describe account', 'describe.js', ['account']],
    ['user add', 'user/create.js', []],
    ['describe -- --help', 'describe.js', ['--', '--help']],
  ])('%s', (line, file, rest) => {
    expect(commandOf(line.split(' '), files)).toEqual({ file, rest });
  });

  it.each([
    '',
    'account',
    'account --help',
    'account describe X -h',
    '--json account describe',
    'constructor',
    'user ad',
  ])('is not for: %s', (line) => {
    expect(commandOf(line.split(' '), files)).toBeNull();
  });
});
