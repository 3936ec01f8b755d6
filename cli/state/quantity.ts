/** Amounts, spans and times as people write them in a state file; plain numbers, as the claims have them, are read too. */
import { Type } from 'typebox';
import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey, type KeyKind } from '../../claims/keys/nkey.js';
import { parseDuration, showDuration } from '../duration.js';
import { parseLimit } from '../number.js';
import { showTime } from '../output/time.js';
import { parseTime } from '../time.js';
import { type Codec, fault, kindOf, type Reading } from './codec.js';

const UNLIMITED = 'unlimited';
const NO_LIMIT = -1;

function whole(value: unknown, reading: Reading, what: string): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0;
  return fault(reading, `must be ${what}, not ${kindOf(value)}`);
}

export const integer: Codec<number> = {
  schema: (options) => Type.Integer(options),
  read: (value, reading) => whole(value, reading, 'a whole number'),
  write: (value) => value,
};

/** How many of something. */
export const count: Codec<number> = {
  schema: (options) => Type.Union([Type.Integer(), Type.Literal(UNLIMITED)], options),
  read: (value, reading) => (value === UNLIMITED ? NO_LIMIT : whole(value, reading, 'a whole number or unlimited')),
  write: (value) => (value === NO_LIMIT ? UNLIMITED : value),
};

const SIZE = '^(unlimited|[0-9]{1,16}(\\.[0-9]{1,6})? ?[kKmMgGtTpP]?[iI]?[bB]?)$';

/** Bytes. */
export const bytes: Codec<number> = {
  schema: (options) => Type.Union([Type.Integer(), Type.String({ pattern: SIZE })], options),
  read: (value, reading) => {
    const what = 'a size like 10MiB, 2GB or 4096, or unlimited';
    return typeof value === 'string'
      ? parsed(value, reading, what, (text) => parseLimit(text, ''))
      : whole(value, reading, what);
  },
  write: (value) => {
    if (value === NO_LIMIT) return UNLIMITED;
    for (const [power, unit] of [
      [5, 'PiB'],
      [4, 'TiB'],
      [3, 'GiB'],
      [2, 'MiB'],
      [1, 'KiB'],
    ] as const) {
      const size = 1024 ** power;
      if (value >= size && value % size === 0) return `${value / size}${unit}`;
    }
    return value;
  },
};

const SPAN = '^(0|unlimited|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$';

/** Nanoseconds. */
export const span: Codec<number> = {
  schema: (options) => Type.Union([Type.Integer(), Type.String({ pattern: SPAN })], options),
  read: (value, reading) => {
    const what = 'a span of time like 500ms, 5s or 1h30m, or unlimited';
    if (value === UNLIMITED) return NO_LIMIT;
    return typeof value === 'string' ? parsed(value, reading, what, parseDuration) : whole(value, reading, what);
  },
  write: (value) => (value === NO_LIMIT ? UNLIMITED : value > 0 ? showDuration(value) : value),
};

const TIME =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2} UTC|T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?$';
/** The last second that four digits of a year can say. */
const LAST_SECOND = 253_402_300_799;

/** A point in time in unix seconds. None from now on: the same file would say something else tomorrow. */
export const time: Codec<number> = {
  schema: (options) => Type.Union([Type.Integer(), Type.String({ pattern: TIME })], options),
  read: (value, reading) => {
    const what = 'a time like 2030-01-31 or 2030-01-31T23:59:59Z';
    if (typeof value !== 'string') return whole(value, reading, what);
    if (!new RegExp(TIME).test(value)) return fault(reading, `must be ${what}, not ${kindOf(value)}`);
    return parsed(value, reading, what, (text) => parseTime(text, 0));
  },
  write: (value) => (value > 0 && value <= LAST_SECOND ? showTime(value) : value),
};

/** As `time`, where 0 says never and need not be said. */
export const bound: Codec<number> = { ...time, write: (value) => (value === 0 ? undefined : time.write(value)) };

/** A public key. */
export function publicKey(kind: 'operator' | 'account' | 'user' | 'curve'): Codec<string> {
  const first = { operator: 'O', account: 'A', user: 'U', curve: 'X' }[kind];
  return {
    schema: (options) => Type.String({ pattern: `^${first}[A-Z2-7]{55}$`, ...options }),
    read: (value, reading) => {
      if (isPublicKey(value, kind satisfies KeyKind)) return value;
      return fault(
        reading,
        `must be the public key of ${kind === 'user' || kind === 'curve' ? 'a' : 'an'} ${kind} (${first}...), not ${kindOf(value)}`,
      );
    },
    write: (value) => value,
  };
}

/** Written for a key that is to be made: one of those that are there already is taken where there is one. */
export const GENERATE = 'generate';

/** A public key, or `generate`. */
export function keyOrGenerate(kind: 'operator' | 'account' | 'curve'): Codec<string> {
  const key = publicKey(kind);
  return {
    schema: (options) => Type.Union([key.schema(), Type.Literal(GENERATE)], options),
    read: (value, reading) => (value === GENERATE ? GENERATE : key.read(value, reading)),
    write: (value) => value,
  };
}

function parsed(value: string, reading: Reading, what: string, parse: (text: string) => number): number | undefined {
  try {
    return parse(value);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return fault(reading, `must be ${what}, not ${kindOf(value)}`);
  }
}
