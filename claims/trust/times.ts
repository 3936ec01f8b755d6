/** The hours of the day in which a user may be connected. */
import type { UserPermissionLimits } from '../types.js';
import { trustError } from './errors.js';

type Windows = Pick<UserPermissionLimits, 'times' | 'times_location'>;

const DAY = 86_400;

/** Formatters kept per time zone; making one costs a hundred times its use. There are some 600 zones. */
const MAX_FORMATTERS = 1000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/**
 * When a session that starts or goes on at `now` (unix seconds, may have a fraction) must end: the end of the window that lasts longest,
 * Infinity without windows, null outside all of them. A window is open strictly between start and end; with its start
 * after its end it crosses midnight. Wall clocks are those of `times_location`, or of this machine; what a clock skips in spring
 * or shows twice in autumn is read as Go's time.Date reads it.
 */
export function windowEnd(limits: Windows, now: number): number | null {
  if (limits.times.length === 0) return Infinity;
  const zone = limits.times_location;
  if (zone !== undefined && zone !== '' && !isTimeZone(zone)) return null;
  const today = wallClock(now, zone);
  const midnight = today - (((today % DAY) + DAY) % DAY);
  let latest: number | null = null;
  for (const range of limits.times) {
    const start = secondsOfDay(range.start);
    const end = secondsOfDay(range.end);
    if (start === null || end === null) return null;
    const until = endOfRange(midnight + start, midnight + end, now, zone);
    if (until !== null && (latest === null || until > latest)) latest = until;
  }
  return latest;
}

/** As `windowEnd`, where being outside is a refusal. @throws NatsctlError ERR_USER_TIME */
export function checkTimes(limits: Windows, now: number): number {
  const end = windowEnd(limits, now);
  if (end === null) throw trustError('ERR_USER_TIME', 'the user may not be connected at this time of day');
  return end;
}

/** `hh:mm:ss` as seconds, or null. One digit will do for the hour, as it does for Go. */
export function secondsOfDay(text: string): number | null {
  const found = /^([01]?[0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])$/.exec(text);
  if (found === null) return null;
  return Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3]);
}

/** True for a name of the IANA time zone database in its own spelling; nats-server finds no other. `Local` is the machine's own. */
export function isTimeZone(name: string): boolean {
  if (name === 'Local') return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const resolved = formatter(name).resolvedOptions().timeZone;
    return resolved === name || resolved.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/** `start` and `end` as wall clock seconds of today. */
function endOfRange(start: number, end: number, now: number, zone: string | undefined): number | null {
  const from = instantOf(start, zone);
  const to = instantOf(end, zone);
  if (from < now && to > now) return to;
  if (from > to) {
    if (to > now) return to;
    const tomorrow = instantOf(end + DAY, zone);
    if (from < now && tomorrow > now) return tomorrow;
  }
  return null;
}

/** The instant at which the wall clock shows these seconds; as Go chooses where there is none or two. */
function instantOf(wall: number, zone: string | undefined): number {
  const guess = wall - offsetAt(wall, zone);
  return wall - offsetAt(guess, zone);
}

function offsetAt(instant: number, zone: string | undefined): number {
  return wallClock(instant, zone) - Math.floor(instant);
}

/** The wall clock at an instant, as seconds counted as if it were UTC. */
function wallClock(instant: number, zone: string | undefined): number {
  const parts = new Map(
    formatter(zone)
      .formatToParts(Math.floor(instant) * 1000)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) / 1000;
}

function formatter(zone: string | undefined): Intl.DateTimeFormat {
  const key = zone === undefined || zone === 'Local' ? '' : zone;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    ...(key !== '' && { timeZone: key }),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(key, made);
  return made;
}
