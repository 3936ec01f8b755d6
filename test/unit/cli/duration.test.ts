import { expect, it } from 'vitest';
import { parseDuration, showDuration } from '../../../cli/duration.js';

it.each([
  ['0', 0],
  ['5s', 5e9],
  ['500ms', 5e8],
  ['1m30s', 90e9],
  ['1.5h', 5400e9],
])('%s is %d nanoseconds', (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds);
  expect(parseDuration(showDuration(nanoseconds))).toBe(nanoseconds);
});

it.each(['', '5', '-5s', '5 s', '5d', '1s5', '99999999h'])('%j is refused', (text) => {
  expect(() => parseDuration(text)).toThrow(/not a span of time/);
});
