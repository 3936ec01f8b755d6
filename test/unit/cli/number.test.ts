import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../cli/duration.js';
import { parseLimit, parseWhole } from '../../../cli/number.js';

describe('limits', () => {
  it.each([
    ['-1', -1],
    ['unlimited', -1],
    ['0', 0],
    ['42', 42],
    ['10k', 10_000],
    ['1.5GB', 1_500_000_000],
    ['64KiB', 65_536],
    ['2 gib', 2 * 1024 ** 3],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s', (text, value) => expect(parseLimit(text, '--data')).toBe(value));

  it.each(['', '-2', '1.5', '1,000', 'k', '10x', '10ib', '9007199254740992', '9999999P', '1e3', 'Infinity'])(
    'refuses %j',
    (text) => expect(() => parseLimit(text, '--data')).toThrow(expect.objectContaining({ code: 'ERR_USAGE' })),
  );
});

it('whole numbers stay within bounds', () => {
  expect(parseWhole('3', '--n', 0, 5)).toBe(3);
  for (const text of ['6', '-1', '1.0', 'x', '']) expect(() => parseWhole(text, '--n', 0, 5)).toThrow('--n');
});

describe('durations', () => {
  it.each([
    ['500ms', 5e8],
    ['1h30m', 5400e9],
    ['1.5s', 1.5e9],
    ['0', 0],
    ['1ns', 1],
  ])('%s', (text, value) => expect(parseDuration(text)).toBe(value));

  it.each(['', '5', '1d', '1h x', '-1s', '1h30', '99999999999h'])('refuses %j', (text) =>
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'ERR_DURATION_INVALID' })),
  );
});
