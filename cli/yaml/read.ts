/**
 * Reads a file that a person wrote: YAML 1.2 with JSON's types (so JSON too), strictly, every fault with its line and place.
 * What its values must be is the reader's matter.
 */
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
import type { Fault, Reading } from '../state/codec.js';

/** Uses of anchors, those inside of others multiplied ("billion laughs"). */
const MAX_ALIASES = 10_000;
/** Of the types that JSON has; what another one means would be passed over. */
const JSON_TAGS = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|seq|map)$/;
/** The deepest field of a state file is at 10. */
const MAX_DEPTH = 32;

export interface ErrorOptions {
  hint?: string;
  details: Record<string, unknown>;
  cause?: unknown;
}

/** The codes and the advice are those of the kind of file. */
export interface FileErrors {
  syntax(message: string, options: ErrorOptions): Error;
  invalid(message: string, options: ErrorOptions): Error;
  /** What to do about a value that may not be there. */
  hint: string;
}

/**
 * @param name of the file, for messages
 * @param read takes what is in it (mappings as `Map`), and notes faults or throws
 * @throws errors.syntax; errors.invalid with `details.faults`: pointer, line, column, message
 */
export function readYaml<T>(
  text: string,
  name: string,
  read: (value: unknown, reading: Reading) => T | undefined,
  errors: FileErrors,
): T {
  const lines = new LineCounter();
  const document = parseYaml(text, name, lines, errors);
  const reading: Reading = { path: [], faults: [], values: 0 };
  checkNode(document.contents, document, reading, 0);
  let found: T | undefined;
  if (reading.faults.length === 0) {
    try {
      found = read(document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }), reading);
    } catch (error) {
      // What `yaml` throws for too many aliases, and `readAt` for too many values.
      if (!(error instanceof ReferenceError) && !(error instanceof RangeError)) throw error;
      throw errors.invalid(`${name}: it grows beyond all bounds by its aliases`, {
        hint: 'write out what is meant',
        details: { file: name },
        cause: error,
      });
    }
  }
  if (reading.faults.length > 0 || found === undefined) throw invalid(name, reading.faults, document, lines, errors);
  return found;
}

function parseYaml(text: string, name: string, lines: LineCounter, { syntax }: FileErrors): Document {
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
  if (document === undefined) throw syntax(`${name} is empty`, { details: { file: name } });
  const error = document.errors[0] ?? second?.errors[0];
  const offset = error?.pos[0] ?? second?.range[0];
  if (offset === undefined) return document as Document;
  const { line, col: column } = lines.linePos(offset);
  const what = error === undefined ? 'it holds a second document' : error.message;
  throw syntax(`${name}:${line}:${column}: ${what}`, { details: { file: name, line, column } });
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

function invalid(name: string, found: Fault[], document: Document, lines: LineCounter, errors: FileErrors): Error {
  const faults = found.map(({ path, message }) => {
    const { line, col: column } = lines.linePos(offsetOf(document, path));
    return { pointer: path.length === 0 ? '' : pointer(path), line, column, message };
  });
  const [first] = faults;
  const others = faults.slice(1).map((one) => `${name}:${one.line}:${one.column}: ${one.pointer} ${one.message}`);
  return errors.invalid(`${name}:${first?.line}:${first?.column}: ${first?.pointer || 'the file'} ${first?.message}`, {
    hint: others.length > 0 ? `also ${others.join('; ')}` : errors.hint,
    details: { file: name, faults },
  });
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
