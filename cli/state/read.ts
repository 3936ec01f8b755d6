/** Reads a state file: YAML 1.2 with JSON's types (so JSON too), strictly, every fault with its line and place. */
import { isUtf8 } from 'node:buffer';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { pointer } from '../../claims/jwt/schema.js';
import { readInput } from '../source.js';
import type { Fault, Reading } from './codec.js';
import { stateError } from './errors.js';
import { type State, state } from './operator-fields.js';

/** 50,000 users with a few fields each are some 10 MiB. */
export const MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Uses of anchors, those inside of others multiplied ("billion laughs"). */
const MAX_ALIASES = 10_000;
/** Of the types that JSON has; what another one means would be passed over. */
const JSON_TAGS = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|seq|map)$/;
/** The deepest field is at 10. */
const MAX_DEPTH = 32;

/**
 * A whole file, or stdin for `-`. Bytes that are no UTF-8 are refused: read as U+FFFD, they would be names nobody wrote.
 *
 * @throws ERR_STATE_SYNTAX
 */
export async function readStateText(file: string): Promise<string> {
  const bytes = await readInput(file, { maxBytes: MAX_STATE_BYTES });
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const name = file === '-' ? 'stdin' : file;
  throw stateError('ERR_STATE_SYNTAX', `${name} is not encoded in UTF-8`, {
    hint: 'save it as UTF-8',
    details: { file: name },
  });
}

/**
 * @param name of the file, for messages
 * @throws ERR_STATE_SYNTAX, ERR_STATE_SEED, ERR_STATE_INVALID with `details.faults`: pointer, line, column, message
 */
export function parseState(text: string, name: string): State {
  refuseSeeds(text, name);
  const lines = new LineCounter();
  const document = parseYaml(text, name, lines);
  const reading: Reading = { path: [], faults: [], values: 0 };
  checkNode(document.contents, document, reading, 0);
  let read: State | undefined;
  if (reading.faults.length === 0) {
    try {
      read = state.read(document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }), reading);
    } catch (error) {
      // What `yaml` throws for too many aliases, and `readAt` for too many values.
      if (!(error instanceof ReferenceError) && !(error instanceof RangeError)) throw error;
      throw stateError('ERR_STATE_INVALID', `${name}: it grows beyond all bounds by its aliases`, {
        hint: 'write out what is meant',
        details: { file: name },
        cause: error,
      });
    }
  }
  if (reading.faults.length > 0 || read === undefined) throw invalid(name, reading.faults, document, lines);
  return read;
}

function parseYaml(text: string, name: string, lines: LineCounter): Document {
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    // Looked for below: here every key would be held against every other.
    uniqueKeys: false,
    stringKeys: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = 'empty' in documents ? [] : documents;
  if (document === undefined) throw stateError('ERR_STATE_SYNTAX', `${name} is empty`, { details: { file: name } });
  const error = document.errors[0] ?? second?.errors[0];
  const offset = error?.pos[0] ?? second?.range[0];
  if (offset === undefined) return document as Document;
  const { line, col: column } = lines.linePos(offset);
  const what = error === undefined ? 'it holds a second document' : error.message;
  throw stateError('ERR_STATE_SYNTAX', `${name}:${line}:${column}: ${what}`, { details: { file: name, line, column } });
}

/** A file like this is reviewed, mailed and kept in repositories. The seed itself is not repeated. */
function refuseSeeds(text: string, name: string): void {
  const found = /\bS[OAUNCX][A-Z2-7]{56}\b/.exec(text);
  if (found === null) return;
  const before = text.slice(0, found.index).split('\n');
  const [line, column] = [before.length, (before.at(-1) ?? '').length + 1];
  throw stateError('ERR_STATE_SEED', `${name}:${line}:${column}: a private key does not belong here`, {
    hint: 'name the public key, import the private one with `natsctl keys import`, and take that key for known to others',
    details: { file: name, line, column },
  });
}

/** What may not be in it whatever it means: keys twice, keys that are no text, tags of YAML, bottomless depth. */
function checkNode(node: unknown, document: Document, reading: Reading, depth: number): void {
  const note = (message: string) =>
    reading.faults.length < 20 && reading.faults.push({ path: [...reading.path], message });
  if (depth > MAX_DEPTH) {
    note('is too deep');
    return;
  }
  if (isAlias(node)) {
    if (node.resolve(document) === undefined) note(`names the anchor ${node.source}, which is not before it`);
    return;
  }
  if (isNode(node) && node.tag !== undefined && !JSON_TAGS.test(node.tag)) note('has a tag of its own');
  if (isSeq(node)) {
    for (const [at, item] of node.items.entries()) {
      reading.path.push(at);
      checkNode(item, document, reading, depth + 1);
      reading.path.pop();
    }
  }
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '?';
    reading.path.push(name);
    if (!isScalar(key) || typeof key.value !== 'string') note('is a key that is no text');
    else if (seen.has(name)) note('is there twice');
    seen.add(name);
    checkNode(value, document, reading, depth + 1);
    reading.path.pop();
  }
}

function invalid(name: string, found: Fault[], document: Document, lines: LineCounter): Error {
  const faults = found.map(({ path, message }) => {
    const { line, col: column } = lines.linePos(offsetOf(document, path));
    return { pointer: path.length === 0 ? '' : pointer(path), line, column, message };
  });
  const [first] = faults;
  const others = faults.slice(1).map((one) => `${name}:${one.line}:${one.column}: ${one.pointer} ${one.message}`);
  return stateError(
    'ERR_STATE_INVALID',
    `${name}:${first?.line}:${first?.column}: ${first?.pointer || 'the file'} ${first?.message}`,
    {
      hint: others.length > 0 ? `also ${others.join('; ')}` : '`natsctl export schema` prints what may be written',
      details: { file: name, faults },
    },
  );
}

/** Where the last thing on the path that is there begins: its key, or its value in a list. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      // The last one: of two of a name, it is the one too many.
      const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      node = node.items[step];
      offset = (node as Node).range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
