import { describe, expect, it } from 'vitest';
import { parseTime } from '../../../cli/time.js';

const now = Date.UTC(2027, 0, 31, 12) / 1000;
const at = (text: string) => new Date(parseTime(text, now) * 1000).toISOString();

describe('times as nsc takes them', () => {
  it.each([
    ['2030-02-03', '2030-02-03T00:00:00.000Z'],
    ['2030-02-03 04:05:06 UTC', '2030-02-03T04:05:06.000Z'],
    ['2030-02-03T04:05:06+02:00', '2030-02-03T02:05:06.000Z'],
    ['30m', '2027-01-31T12:30:00.000Z'],
    ['-1h', '2027-01-31T11:00:00.000Z'],
    ['7d', '2027-02-07T12:00:00.000Z'],
    ['2w', '2027-02-14T12:00:00.000Z'],
    ['2M', '2027-03-31T12:00:00.000Z'],
    ['1y', '2028-01-31T12:00:00.000Z'],
    ['1970-01-02', '1970-01-02T00:00:00.000Z'],
  ])('%s is %s', (text, iso) => expect(at(text)).toBe(iso));

  it('0 and nothing are never', () => expect([parseTime('0', now), parseTime('', now)]).toEqual([0, 0]));

  it.each(['1h30m', '1.5h', '2027-02-30', '2027-13-01', 'tomorrow', '1970-01-01', '999999999y', '-99y', '2030-1-1'])(
    'refuses %s',
    (text) => {
      expect(() => parseTime(text, now)).toThrow(expect.objectContaining({ code: 'ERR_TIME_INVALID' }));
    },
  );
});
