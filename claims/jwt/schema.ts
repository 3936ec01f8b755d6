/**
 * How a claim's fields are read and written. A field is described once, and its description reads JSON with every type checked and
 * writes the bytes that Go's encoder (nats-io/jwt v2 with encoding/json) writes: same order, same omissions, same escapes. The order
 * of the fields in a `struct` is the order on the wire.
 */
import { type JwtErrorCode, jwtError } from './errors.js';
import { InexactNumber, type JsonObject } from './json.js';

/** One reading of one token. */
export interface Reading {
  /** Where we are, for messages. */
  path: (string | number)[];
  /** JSON pointers of fields that are no known ones: newer libraries may add some. */
  unknown: string[];
}

export interface Field<T> {
  /** `json` is undefined where the field is absent; null means the same, as to Go. */
  read(json: unknown, reading: Reading): T;
  write(value: T): string;
  /** Left out of its struct where this says so (Go's `omitempty`). */
  omit(value: T): boolean;
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

export function badClaim(reading: Reading, what: string): never {
  const path = pointer(reading.path);
  throw jwtError('ERR_JWT_CLAIMS' satisfies JwtErrorCode, `the claim ${path} ${what}`, undefined, { path });
}

export function pointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') || '/';
}

const PLAIN = /^[\w.*:/ -]*$/;

/** A JSON string as Go writes it: HTML characters and the two line separators escaped. */
export function goString(value: string): string {
  // Most are keys, names and subjects, in which nothing is escaped.
  if (typeof value === 'string' && PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Go sorts map keys and subjects by their bytes; UTF-16 order differs above U+D7FF. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/** Letters that Go's reader of field names takes for one another: any case, and the Kelvin sign and the long s. */
export function foldKey(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function absent(json: unknown): json is null | undefined {
  return json === undefined || json === null;
}

/** Reads one element, with its place on the path while it lasts. */
export function readAt<T>(field: Field<T>, json: unknown, place: string | number, reading: Reading): T {
  reading.path.push(place);
  const value = field.read(json, reading);
  reading.path.pop();
  return value;
}

function readText(json: unknown, reading: Reading): string {
  if (absent(json)) return '';
  return typeof json === 'string' ? json : badClaim(reading, 'is not a string');
}

/** A string, "" where absent, left out where empty. */
export const text: Field<string> = { read: readText, write: goString, omit: (value) => !value };

/** A string, written even where empty. */
export const writtenText: Field<string> = { ...text, omit: () => false };

/** A string, undefined where absent or empty. */
export const optionalText: Field<string | undefined> = {
  read: (json, reading) => readText(json, reading) || undefined,
  write: (value) => goString(value as string),
  omit: (value) => !value,
};

export interface Range {
  min?: number;
  max?: number;
  /** Value where absent. */
  absent?: number;
}

function readInteger(json: unknown, reading: Reading, range: Range): number {
  if (absent(json)) return range.absent ?? 0;
  if (json instanceof InexactNumber)
    return badClaim(reading, `is not an integer up to 2^53 - 1: ${json.literal.slice(0, 40)}`);
  if (typeof json !== 'number') return badClaim(reading, 'is not a number');
  if (json < (range.min ?? -Infinity) || json > (range.max ?? Infinity))
    return badClaim(reading, `is out of range: ${json}`);
  // Minus zero is zero.
  return json + 0;
}

function writeInteger(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw jwtError('ERR_JWT_CLAIMS', `a number in the claims is not an integer up to 2^53 - 1: ${value}`);
  }
  return String(value + 0);
}

/** An integer, left out where 0. */
export function integer(range: Range = {}): Field<number> {
  return { read: (json, reading) => readInteger(json, reading, range), write: writeInteger, omit: (value) => !value };
}

/** An integer, written even where 0. */
export function writtenInteger(range: Range = {}): Field<number> {
  return { ...integer(range), omit: () => false };
}

/** An integer, undefined where absent or 0. */
export function optionalInteger(range: Range = {}): Field<number | undefined> {
  return {
    read: (json, reading) => readInteger(json, reading, range) || undefined,
    write: (value) => writeInteger(value as number),
    omit: (value) => !value,
  };
}

function readFlag(json: unknown, reading: Reading): boolean {
  if (absent(json)) return false;
  return typeof json === 'boolean' ? json : badClaim(reading, 'is not true or false');
}

/** A boolean, left out where false. */
export const flag: Field<boolean> = { read: readFlag, write: String, omit: (value) => !value };

/** A boolean, undefined where absent or false. */
export const optionalFlag: Field<boolean | undefined> = {
  read: (json, reading) => readFlag(json, reading) || undefined,
  write: String,
  omit: (value) => !value,
};

/** A fixed string, such as a kind's `type`. */
export function constant<T extends string>(value: T): Field<T> {
  return {
    read: (json, reading) => (json === value ? value : badClaim(reading, `is not "${value}"`)),
    write: goString,
    omit: () => false,
  };
}

/** A list, left out where empty. A null in it is refused: what would it mean? */
export function list<T>(item: Field<T>, sorted?: (a: T, b: T) => number): Field<T[]> {
  return {
    read: (json, reading) => {
      if (absent(json)) return [];
      if (!Array.isArray(json)) return badClaim(reading, 'is not a list');
      return json.map((element, index) => {
        if (element === null) return badClaim({ ...reading, path: [...reading.path, index] }, 'is null');
        return readAt(item, element, index, reading);
      });
    },
    write: (values) => `[${(sorted ? values.toSorted(sorted) : values).map((value) => item.write(value)).join(',')}]`,
    omit: (values) => !values?.length,
  };
}

export const texts: Field<string[]> = list(text);

/** A list, undefined where absent or empty. */
export function optionalList<T>(item: Field<T>): Field<T[] | undefined> {
  const whole = list(item);
  return {
    read: (json, reading) => {
      const values = whole.read(json, reading);
      return values.length > 0 ? values : undefined;
    },
    write: (values) => whole.write(values as T[]),
    omit: (values) => !values?.length,
  };
}

export const optionalTexts: Field<string[] | undefined> = optionalList(text);

/** An object keyed by outside text; written in the order of its keys' bytes. */
export function dictionary<T>(item: Field<T>): Field<Map<string, T>> {
  return {
    read: (json, reading) => {
      if (absent(json)) return new Map();
      const members = asObject(json, reading);
      const values = new Map<string, T>();
      for (const key of Object.keys(members)) values.set(key, readAt(item, members[key], key, reading));
      return values;
    },
    write: (values) => {
      const keys = [...values.keys()].sort(compareBytes);
      return `{${keys.map((key) => `${goString(key)}:${item.write(values.get(key) as T)}`).join(',')}}`;
    },
    omit: (values) => !values?.size,
  };
}

/** A field that must be there: its own reading is never asked about null. */
export function required<T>(field: Field<T>): Field<T> {
  return {
    ...field,
    read: (json, reading) => (absent(json) ? badClaim(reading, 'is missing') : field.read(json, reading)),
  };
}

export function asObject(json: unknown, reading: Reading): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof InexactNumber) {
    return badClaim(reading, 'is not an object');
  }
  return json as JsonObject;
}

/** An object with known fields, always written (Go never leaves out a struct), all defaults where absent. */
export function struct<T extends object>(fields: Fields<T>): Field<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const known = knownKeys(names);
  return {
    read: (json, reading) => {
      const members: JsonObject = absent(json) ? {} : asObject(json, reading);
      noteUnknown(members, known, reading);
      const value: Partial<T> = {};
      for (const name of names) {
        const read = readAt(fields[name], members[name], name, reading);
        if (read !== undefined) value[name] = read;
      }
      return value as T;
    },
    write: (value) => {
      let out = '';
      for (const name of names) {
        const field: Field<T[keyof T & string]> = fields[name];
        if (field.omit(value[name])) continue;
        out += `${out ? ',' : ''}"${name}":${field.write(value[name])}`;
      }
      return `{${out}}`;
    },
    omit: () => false,
  };
}

/** A struct behind a pointer: undefined where absent. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    read: (json, reading) => (absent(json) ? undefined : field.read(json, reading)),
    write: (value) => field.write(value as T),
    omit: (value) => value === undefined,
  };
}

export type KnownKeys = ReadonlyMap<string, string>;

export function knownKeys(names: readonly string[]): KnownKeys {
  return new Map(names.map((name) => [foldKey(name), name]));
}

/**
 * Notes fields that are not known, and refuses those that Go's reader would take for a known one: `"BEARER_TOKEN"` is honoured by
 * nats-server, so a policy check that does not see it would be passed by.
 */
export function noteUnknown(members: JsonObject, known: KnownKeys, reading: Reading): void {
  for (const key in members) {
    if (!isKnown(key, known, reading)) reading.unknown.push(pointer([...reading.path, key]));
  }
}

/** As `noteUnknown`, where what is not known is of no interest. */
export function refuseLookalikes(members: JsonObject, known: KnownKeys, reading: Reading): void {
  for (const key in members) isKnown(key, known, reading);
}

function isKnown(key: string, known: KnownKeys, reading: Reading): boolean {
  // Names in lower case, most of them, are found as they are: folding each key of each token would take longer than the rest.
  if (known.get(key) === key) return true;
  const name = known.get(foldKey(key));
  if (name === undefined || name === key) return name === key;
  return badClaim({ ...reading, path: [...reading.path, key] }, `differs from "${name}" only in letter case`);
}
