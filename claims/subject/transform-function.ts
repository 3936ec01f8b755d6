import { isUtf8 } from 'node:buffer';

/**
 * The functions a destination token may be: `$n`, `{{wildcard(n)}}`, `{{partition(n[,i...])}}` and so on (nats-server's
 * subject mapping and transforms). A function is read once into its arguments and turned into code over the tokens of
 * the source subject.
 *
 * Positions count bytes of UTF-8, as on nats-server, but a character is never cut in two.
 */

export type TransformFunction =
  | { name: 'wildcard'; index: number }
  | { name: 'partition'; buckets: number; indexes: number[] }
  | { name: 'random'; limit: number }
  | { name: 'splitFromLeft' | 'splitFromRight'; index: number; size: number }
  | { name: 'sliceFromLeft' | 'sliceFromRight'; index: number; size: number }
  | { name: 'left' | 'right'; index: number; size: number }
  | { name: 'split'; index: number; delimiter: string };

/** What is wrong with a token that looks like a function. */
export interface FunctionFault {
  fault: string;
}

const MAX_INT32 = 2 ** 31 - 1;

/** More wildcards than a subject of the default control line sensibly has; keeps the work per message bounded. */
const MAX_PARTITION_INDEXES = 256;

// Each part of a name may start with either case, as nats-server has it; spaces around name and arguments are tolerated.
const NAMES: [RegExp, TransformFunction['name']][] = [
  [/^[wW]ildcard$/, 'wildcard'],
  [/^[pP]artition$/, 'partition'],
  [/^[rR]andom$/, 'random'],
  [/^[sS]plit[fF]rom[lL]eft$/, 'splitFromLeft'],
  [/^[sS]plit[fF]rom[rR]ight$/, 'splitFromRight'],
  [/^[sS]lice[fF]rom[lL]eft$/, 'sliceFromLeft'],
  [/^[sS]lice[fF]rom[rR]ight$/, 'sliceFromRight'],
  [/^[lL]eft$/, 'left'],
  [/^[rR]ight$/, 'right'],
  [/^[sS]plit$/, 'split'],
];

/** Reads a destination token: a function, what is wrong with it, or null for plain text. */
export function parseTransformFunction(token: string): TransformFunction | FunctionFault | null {
  if (/^\$[+-]?\d+$/.test(token)) return wildcard(token.slice(1));
  const opened = token.includes('{{');
  if (!opened && !token.includes('}}')) return null;
  const call = /^\{\{\s*([A-Za-z]+)\s*\((.*)\)\s*\}\}$/.exec(token);
  if (call === null)
    return { fault: `${JSON.stringify(token)} is no function: write one {{name(arguments)}} for a whole token` };
  const name = NAMES.find(([pattern]) => pattern.test(call[1] ?? ''))?.[1];
  if (name === undefined) return { fault: `there is no function ${call[1]}` };
  const args = (call[2] ?? '').split(/,\s*/);
  switch (name) {
    case 'wildcard':
      return args.length === 1 ? wildcard(args[0]) : wrongCount(name, 'one argument');
    case 'partition':
      return partition(args);
    case 'random': {
      const limit = count(args[0]);
      if (args.length !== 1) return wrongCount(name, 'one argument');
      return limit === null ? { fault: 'random needs a number from 0 to 2147483647' } : { name, limit };
    }
    case 'split':
      return split(args);
    default: {
      if (args.length !== 2) return wrongCount(name, 'two arguments');
      const index = count(args[0]);
      const size = integer(args[1]);
      if (index === null || size === null) return { fault: `${name} needs two numbers` };
      return { name, index, size };
    }
  }
}

/** Numbers of the wildcards of the source that a function reads. */
export function wildcardsOf(f: TransformFunction): number[] {
  if (f.name === 'random') return [];
  return f.name === 'partition' ? f.indexes : [f.index];
}

/** Code for the function. `positions[n]` is where wildcard n stands among the tokens. */
export function compileFunction(
  f: TransformFunction,
  positions: readonly number[],
): (tokens: readonly string[], random: () => number) => string {
  if (f.name === 'random') return (_, random) => String(f.limit === 0 ? 0 : Math.floor(random() * f.limit));
  if (f.name === 'partition') {
    const at = f.indexes.map((index) => positions[index] ?? 0);
    return (tokens) => {
      const key = at.length === 0 ? tokens.join('.') : at.map((i) => tokens[i]).join('');
      return String(f.buckets === 0 ? 0 : fnv1a32(key) % f.buckets);
    };
  }
  const at = positions[f.index] ?? 0;
  if (f.name === 'wildcard') return (tokens) => tokens[at] ?? '';
  if (f.name === 'split') {
    const { delimiter } = f;
    return (tokens) => partsOf(tokens[at] ?? '', delimiter).join('.');
  }
  const cut = CUTS[f.name];
  return (tokens) => cutBytes(tokens[at] ?? '', f.size, cut);
}

type Cut = (token: string, size: number) => string[];

const CUTS: Record<'splitFromLeft' | 'splitFromRight' | 'sliceFromLeft' | 'sliceFromRight' | 'left' | 'right', Cut> = {
  splitFromLeft: (token, size) => [token.slice(0, size), token.slice(size)],
  splitFromRight: (token, size) => [token.slice(0, -size), token.slice(-size)],
  sliceFromLeft: (token, size) => slices(token, 0, size),
  sliceFromRight: (token, size) => {
    const rest = token.length % size;
    return rest === 0 ? slices(token, 0, size) : [token.slice(0, rest), ...slices(token, rest, size)];
  },
  left: (token, size) => [token.slice(0, size)],
  right: (token, size) => [token.slice(-size)],
};

/** Cuts at byte positions. A token too short for the size, or one that would be cut within a character, stays whole. */
function cutBytes(token: string, size: number, cut: Cut): string {
  if (size <= 0) return token;
  const utf8 = Buffer.from(token, 'utf8');
  if (size >= utf8.length) return token;
  if (utf8.length === token.length) return cut(token, size).join('.');
  const pieces = cut(utf8.toString('latin1'), size).map((piece) => Buffer.from(piece, 'latin1'));
  return pieces.every((piece) => isUtf8(piece)) ? pieces.map((piece) => piece.toString('utf8')).join('.') : token;
}

/** FNV-1a, 32 bit, over the UTF-8 bytes: the hash that makes partitions the same on every server. */
export function fnv1a32(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function wildcard(argument: string | undefined): TransformFunction | FunctionFault {
  const index = count(argument);
  return index === null ? { fault: 'wildcard needs the number of a wildcard' } : { name: 'wildcard', index };
}

function partition(args: string[]): TransformFunction | FunctionFault {
  const [buckets, ...indexes] = args.map(count);
  if (buckets === undefined || buckets === null) {
    return { fault: 'partition needs a number of partitions from 0 to 2147483647' };
  }
  if (indexes.length > MAX_PARTITION_INDEXES)
    return { fault: `partition takes up to ${MAX_PARTITION_INDEXES} wildcards` };
  if (!indexes.every((index) => index !== null)) return { fault: 'partition needs numbers of wildcards' };
  return { name: 'partition', buckets, indexes };
}

function split(args: string[]): TransformFunction | FunctionFault {
  if (args.length !== 2) return wrongCount('split', 'two arguments');
  const index = count(args[0]);
  const delimiter = args[1] ?? '';
  if (index === null) return { fault: 'split needs the number of a wildcard first' };
  if (delimiter.includes(' ')) return { fault: 'the delimiter of split cannot have a space' };
  return { name: 'split', index, delimiter };
}

function wrongCount(name: string, needs: string): FunctionFault {
  return { fault: `${name} takes ${needs}` };
}

/** A whole number of 32 bits, spaces around it tolerated. */
function integer(argument: string | undefined): number | null {
  const digits = /^ *([+-]?\d+) *$/.exec(argument ?? '');
  if (digits === null) return null;
  const value = Number(digits[1]);
  return Math.abs(value) <= MAX_INT32 ? value : null;
}

function count(argument: string | undefined): number | null {
  const value = integer(argument);
  return value !== null && value >= 0 ? value : null;
}

function partsOf(token: string, delimiter: string): string[] {
  return (delimiter === '' ? Array.from(token) : token.split(delimiter)).filter((part) => part !== '');
}

function slices(token: string, from: number, size: number): string[] {
  const parts: string[] = [];
  for (let i = from; i < token.length; i += size) parts.push(token.slice(i, i + size));
  return parts;
}
