import { cliError } from './errors.js';

const NANOSECONDS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A span of time as Go writes it: `500ms`, `5s`, `1m30s`, `0`. @returns nanoseconds */
export function parseDuration(text: string): number {
  const value = text.trim();
  if (value === '0') return 0;
  if (/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value)) {
    let sum = 0;
    for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
      sum += Number(number) * (NANOSECONDS[unit as string] as number);
    }
    const whole = Math.round(sum);
    if (Number.isSafeInteger(whole)) return whole;
  }
  throw cliError('ERR_DURATION_INVALID', `not a span of time: ${text}`, {
    hint: 'write 500ms, 5s, 1m30s or 2h; 0 is none',
  });
}

/** The shortest way to write nanoseconds so that `parseDuration` reads them. */
export function showDuration(nanoseconds: number): string {
  for (const unit of ['h', 'm', 's', 'ms', 'us']) {
    const size = NANOSECONDS[unit] as number;
    if (nanoseconds >= size && nanoseconds % size === 0) return `${nanoseconds / size}${unit}`;
  }
  return nanoseconds === 0 ? '0' : `${nanoseconds}ns`;
}
