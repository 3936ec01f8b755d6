/**
 * How a field of a state file is read and written, described once: what it must look like (from which the published JSON Schema
 * is made), how it is read into claims, and how claims are written so that nothing is said which holds anyway.
 */
import { type TSchema, Type } from 'typebox';
import { editDistance } from '../output/edit-distance.js';

export interface Fault {
  /** Into the file. */
  path: readonly (string | number)[];
  message: string;
}

/** One reading of one file: it goes on after a fault, so that all are told at once. */
export interface Reading {
  path: (string | number)[];
  faults: Fault[];
  /** Values read. An alias counts as often as it is used. */
  values: number;
}

/** Told at once. */
const MAX_FAULTS = 20;
/** An account of 10,000 users has some 100,000; a file of 64 MiB without aliases not more than this. */
const MAX_VALUES = 16_000_000;

export interface SchemaOptions {
  [keyword: PropertyKey]: unknown;
  description?: string;
  default?: unknown;
}

export interface Codec<T> {
  schema(options?: SchemaOptions): TSchema;
  /** Undefined after a fault. */
  read(value: unknown, reading: Reading): T | undefined;
  /** Undefined where it says nothing: then it is left out. */
  write(value: T): unknown;
}

/** Notes a fault at the place that is being read. */
export function fault(reading: Reading, message: string): undefined {
  if (reading.faults.length < MAX_FAULTS) reading.faults.push({ path: [...reading.path], message });
  return undefined;
}

export function readAt<T>(codec: Codec<T>, value: unknown, place: string | number, reading: Reading): T | undefined {
  if (++reading.values > MAX_VALUES) throw new RangeError('too many values');
  reading.path.push(place);
  const read = codec.read(value, reading);
  reading.path.pop();
  return read;
}

/** What a value of a file is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (value instanceof Map) return 'a mapping';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a value of another kind' : `the ${typeof value} ${shown(value)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

export const text: Codec<string> = {
  schema: (options) => Type.String(options),
  read: (value, reading) => (typeof value === 'string' ? value : fault(reading, `must be text, not ${kindOf(value)}`)),
  write: (value) => value || undefined,
};

/** As `text`, for what means something also where it is empty. */
export const anyText: Codec<string> = { ...text, write: (value) => value };

/** Text that is not empty. */
export const someText: Codec<string> = {
  schema: (options) => Type.String({ minLength: 1, ...options }),
  read: (value, reading) => {
    const read = text.read(value, reading);
    return read === '' ? fault(reading, 'must not be empty') : read;
  },
  write: (value) => value || undefined,
};

export const flag: Codec<boolean> = {
  schema: (options) => Type.Boolean(options),
  read: (value, reading) =>
    typeof value === 'boolean' ? value : fault(reading, `must be true or false, not ${kindOf(value)}`),
  write: (value) => value,
};

/** One of a few words. */
export function choice<T extends string>(...words: T[]): Codec<T> {
  return {
    schema: (options) => Type.Unsafe<T>({ type: 'string', enum: words, ...options }),
    read: (value, reading) =>
      words.find((word) => word === value) ??
      fault(reading, `must be one of ${words.join(', ')}, not ${kindOf(value)}`),
    write: (value) => value,
  };
}

export function list<T>(item: Codec<T>): Codec<T[]> {
  return {
    schema: (options) => Type.Array(item.schema(), options),
    read: (value, reading) => {
      if (!Array.isArray(value)) return fault(reading, `must be a list, not ${kindOf(value)}`);
      return value.flatMap((each: unknown, at) => readAt(item, each, at, reading) ?? []);
    },
    write: (values) => (values.length > 0 ? values.map((each) => item.write(each) ?? {}) : undefined),
  };
}

export const texts = list(anyText);

/** A mapping by outside text. */
export function dictionary<T>(item: Codec<T>): Codec<Map<string, T>> {
  return {
    schema: (options) => Type.Record(Type.String(), item.schema(), options),
    read: (value, reading) => {
      if (!(value instanceof Map)) return fault(reading, `must be a mapping, not ${kindOf(value)}`);
      const read = new Map<string, T>();
      for (const [key, each] of value as Map<string, unknown>) {
        const one = readAt(item, each, key, reading);
        if (one !== undefined) read.set(key, one);
      }
      return read;
    },
    write: (values) => {
      if (values.size === 0) return undefined;
      const written = new Map<string, unknown>();
      for (const key of [...values.keys()].sort()) written.set(key, item.write(values.get(key) as T) ?? {});
      return written;
    },
  };
}

/** One field of a record: what it is in the claims, and what holds where the file does not say. */
export interface RecordField<R> {
  claim: keyof R & string;
  codec: Codec<unknown>;
  absent: unknown;
  description: string;
  required: boolean;
}

/** Makes fields of a record whose names and types are held against `R`. */
export function fieldsOf<R>() {
  return {
    /** @param absent the value where the file says nothing; then it is not written either */
    may<K extends keyof R & string>(
      claim: K,
      codec: Codec<NonNullable<R[K]>>,
      description: string,
      ...[absent]: undefined extends R[K] ? [absent?: R[K]] : [absent: R[K]]
    ): RecordField<R> {
      return { claim, codec: codec as Codec<unknown>, absent, description, required: false };
    },
    must<K extends keyof R & string>(claim: K, codec: Codec<NonNullable<R[K]>>, description: string): RecordField<R> {
      return { claim, codec: codec as Codec<unknown>, absent: undefined, description, required: true };
    },
  };
}

/** A mapping with known fields, in the order in which they are written; all that is unknown is a fault. */
export function record<R extends object>(fields: Readonly<Record<string, RecordField<R>>>): Codec<R> {
  const known = new Map(Object.entries(fields));
  return {
    schema: (options) => Type.Object(schemasOf(known), { additionalProperties: false, ...options }),
    read: (value, reading) => {
      if (!(value instanceof Map)) return fault(reading, `must be a mapping, not ${kindOf(value)}`);
      const members = value as Map<string, unknown>;
      refuseUnknown(members, known, reading);
      const read: Record<string, unknown> = {};
      for (const [name, { claim, codec, absent, required }] of known) {
        const given: unknown = members.get(name);
        if (given !== undefined) {
          const one = readAt(codec, given, name, reading);
          if (one !== undefined) read[claim] = one;
        } else if (required) fault(reading, `${name} is missing`);
        else if (absent !== undefined) read[claim] = structuredClone(absent);
      }
      return read as R;
    },
    write: (value) => {
      const written: Record<string, unknown> = {};
      for (const [name, { claim, codec, absent, required }] of known) {
        const one = value[claim];
        if (one === undefined || (one === absent && !required)) continue;
        const out = codec.write(one);
        if (out !== undefined) written[name] = out;
      }
      return Object.keys(written).length > 0 ? written : undefined;
    },
  };
}

/** A record behind whose name nothing need stand: an entity with everything as it comes. */
export function orNothing<R>(codec: Codec<R>): Codec<R> {
  return {
    ...codec,
    schema: (options) => Type.Union([codec.schema(), Type.Null()], options),
    read: (value, reading) => codec.read(value === null ? new Map() : value, reading),
  };
}

/** A record that means something also where it is empty. */
export function present<R>(codec: Codec<R>): Codec<R> {
  return { ...codec, write: (value) => codec.write(value) ?? {} };
}

function schemasOf<R>(fields: ReadonlyMap<string, RecordField<R>>): Record<string, TSchema> {
  const schemas: Record<string, TSchema> = {};
  for (const [name, { codec, absent, description, required }] of fields) {
    const plain = typeof absent === 'number' || typeof absent === 'boolean' || typeof absent === 'string';
    const preset = plain ? { default: absent === -1 ? 'unlimited' : absent } : {};
    const schema = codec.schema({ description, ...preset });
    schemas[name] = required ? schema : Type.Optional(schema);
  }
  return schemas;
}

function refuseUnknown(members: Map<unknown, unknown>, known: ReadonlyMap<string, unknown>, reading: Reading): void {
  for (const name of members.keys()) {
    if (typeof name === 'string' && known.has(name)) continue;
    const near = [...known.keys()].find((one) => editDistance(String(name), one) <= Math.max(1, one.length / 4));
    reading.path.push(String(name));
    fault(reading, near === undefined ? 'is no known field' : `is no known field: did you mean ${near}?`);
    reading.path.pop();
  }
}
