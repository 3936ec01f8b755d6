import { MAX_REQUEST_JSON_DEPTH } from '../limits.js';

/** The fields a request may have, by the type their value must have. */
type FieldType = 'string' | 'boolean' | 'integer' | 'unsigned' | 'strings';
export type Fields = Readonly<Record<string, FieldType>>;

type ValueOf<T extends FieldType> = T extends 'string'
  ? string
  : T extends 'boolean'
    ? boolean
    : T extends 'strings'
      ? readonly string[]
      : number;

export type Values<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/** A body that is no JSON object, or a field of the wrong type: answered with 400. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const EMPTY = { string: '', boolean: false, integer: 0, unsigned: 0, strings: [] } as const;

/**
 * Reads the body of a system request. An empty one asks for the defaults; what is not known is passed over; names are compared
 * without letter case, as Go does. @throws RequestError
 */
export function readOptions<F extends Fields>(body: Buffer, fields: F): Values<F> {
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(fields)) values[name] = EMPTY[type];
  if (body.length === 0) return values as Values<F>;
  const spelled = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  for (const [key, value] of Object.entries(parse(body))) {
    const name = spelled.get(key.toLowerCase());
    if (name === undefined || value === null) continue;
    const type = fields[name] as FieldType;
    if (!isOf(type, value))
      throw new RequestError(`${name} must be ${type === 'strings' ? 'a list of strings' : type}`);
    values[name] = value;
  }
  return values as Values<F>;
}

function parse(body: Buffer): object {
  let depth = 0;
  for (const byte of body) {
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    if (depth > MAX_REQUEST_JSON_DEPTH) throw new RequestError('the body is nested too deep');
  }
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new RequestError('the body is not JSON');
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new RequestError('the body is not a JSON object');
  return value;
}

function isOf(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'strings':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
    case 'integer':
      return Number.isSafeInteger(value);
    case 'unsigned':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
  }
}
