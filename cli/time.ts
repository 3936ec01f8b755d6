import { cliError } from './errors.js';

const UNITS: Record<string, (date: Date, n: number) => void> = {
  m: (date, n) => date.setUTCMinutes(date.getUTCMinutes() + n),
  h: (date, n) => date.setUTCHours(date.getUTCHours() + n),
  d: (date, n) => date.setUTCDate(date.getUTCDate() + n),
  w: (date, n) => date.setUTCDate(date.getUTCDate() + 7 * n),
  M: (date, n) => date.setUTCMonth(date.getUTCMonth() + n),
  y: (date, n) => date.setUTCFullYear(date.getUTCFullYear() + n),
};

/**
 * A point in time as nsc takes it: `0` never, `2030-01-31`, `2030-01-31 23:59:59 UTC`, or from now `30m 12h 7d 2w 3M 1y`; an
 * RFC 3339 time too. nsc reads `1h30m` as `1h`; here it is refused.
 *
 * @returns unix seconds, 0 for never
 */
export function parseTime(text: string, now: number): number {
  const value = text.trim();
  if (value === '' || value === '0') return 0;
  const relative = /^([+-]?\d{1,9})([mhdwMy])$/.exec(value);
  if (relative) {
    const date = new Date(now * 1000);
    UNITS[relative[2] as string]?.(date, Number(relative[1]));
    return seconds(date, text);
  }
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  const utc = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC$/.exec(value);
  if (day) return seconds(sameDay(new Date(`${value}T00:00:00Z`), value), text);
  if (utc) return seconds(sameDay(new Date(`${utc[1]}T${utc[2]}Z`), utc[1] as string), text);
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value)) {
    return seconds(new Date(value), text);
  }
  throw invalid(text);
}

/** JavaScript reads the 31st of February as the 3rd of March. */
function sameDay(date: Date, day: string): Date {
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) ? date : new Date(Number.NaN);
}

function seconds(date: Date, text: string): number {
  const value = Math.floor(date.getTime() / 1000);
  // A time of 0 or before would read as "never" in a claim.
  if (!Number.isSafeInteger(value) || value <= 0) throw invalid(text);
  return value;
}

function invalid(text: string): Error {
  return cliError('ERR_TIME_INVALID', `not a time: ${text}`, {
    hint: 'write 2030-01-31, "2030-01-31 23:59:59 UTC", or from now 30m, 12h, 7d, 2w, 3M (months), 1y; 0 is never',
  });
}
