/** Generic claims: any JSON object, with the three fields every kind has checked. */
import type { GenericData } from '../types.js';
import { InexactNumber, type JsonObject } from './json.js';
import {
  asObject,
  badClaim,
  compareBytes,
  type Field,
  goString,
  integer,
  knownKeys,
  noteUnknown,
  optionalText,
  optionalTexts,
  type Reading,
  readAt,
} from './schema.js';

const known = knownKeys(['tags', 'type', 'version']);

export const generic: Field<GenericData> = {
  read: (json, reading) => {
    const members = asObject(json, reading);
    // Every other field is the writer's own; only look-alikes of the three are refused.
    noteUnknown(members, known, { ...reading, unknown: [] });
    readAt(optionalTexts, members.tags, 'tags', reading);
    readAt(optionalText, members.type, 'type', reading);
    readAt(integer(), members.version, 'version', reading);
    return readFree(members, reading) as GenericData;
  },
  write: (value) => writeFree({ ...value, version: 2 }),
  omit: () => false,
};

/** Numbers become what Go's reader makes of them: 64-bit floats. */
function readFree(json: unknown, reading: Reading): unknown {
  if (json instanceof InexactNumber) {
    const value = Number(json.literal);
    return Number.isFinite(value) ? value : badClaim(reading, `is too large a number: ${json.literal.slice(0, 40)}`);
  }
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item, index) => readAt(free, item, index, reading));
  const members: JsonObject = Object.create(null);
  for (const [key, value] of Object.entries(json)) members[key] = readAt(free, value, key, reading);
  return members;
}

const free: Field<unknown> = { read: readFree, write: writeFree, omit: () => false };

function writeFree(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return goString(value);
    case 'boolean':
      return String(value);
    case 'number':
      // Go writes floats as ECMAScript does, but for minus zero.
      if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
      break;
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(writeFree).join(',')}]`;
      const members = value as JsonObject;
      const keys = Object.keys(members).filter((key) => members[key] !== undefined);
      return `{${keys
        .sort(compareBytes)
        .map((key) => `${goString(key)}:${writeFree(members[key])}`)
        .join(',')}}`;
    }
  }
  return badClaim({ path: ['nats'], unknown: [] }, `holds a value that JSON does not have: ${typeof value}`);
}
