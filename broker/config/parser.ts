import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_CONFIG_BYTES, MAX_CONFIG_DEPTH, MAX_CONFIG_INCLUDES } from '../limits.js';
import { codeOf } from '../log.js';
import { configFault } from './fault.js';
import { isBlank, isLineEnd, isSeparator, isSpace, Lexer } from './lexer.js';
import { booleanOf, scalarData } from './scalar.js';
import type { ConfigData, ConfigMap, ConfigValue, Place } from './value.js';

/**
 * nats-server's configuration format (conf/lex.go, conf/parse.go), accepted as it accepts it. Refused here and not there: a key
 * without its value (`{ a: }`), a size it does not know (`1kbb`), a file that ends within quotes, brackets or braces, since
 * what nats-server makes of these is another configuration than the one written; and what has no bound there: depth,
 * size, includes of a file by itself.
 */
export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws with a `code` where it cannot be read. */
  read(file: string): string;
}

export const FROM_DISK: ConfigSource = { env: process.env, read: readFile };

export function parseConfigFile(file: string, source: ConfigSource = FROM_DISK): ConfigMap {
  return parseFile(file, { source, open: [], resolving: new Set(), bytes: { left: MAX_CONFIG_BYTES } });
}

export function parseConfig(text: string, source: ConfigSource = FROM_DISK): ConfigMap {
  const work = { source, open: [], resolving: new Set<string>(), bytes: { left: MAX_CONFIG_BYTES } };
  return new Parser(text, '', '.', work).parse();
}

/** What the files of one configuration share. */
interface Work {
  readonly source: ConfigSource;
  /** Files whose includes are being read, outermost first. */
  readonly open: readonly string[];
  /** Environment variables whose values are being read. */
  readonly resolving: Set<string>;
  readonly bytes: { left: number };
}

function parseFile(file: string, work: Work): ConfigMap {
  const whole = path.resolve(file);
  if (work.open.includes(whole)) throw configFault(`${file} includes itself`);
  if (work.open.length >= MAX_CONFIG_INCLUDES)
    throw configFault(`${file}: more than ${MAX_CONFIG_INCLUDES} includes deep`);
  const text = work.source.read(file);
  return new Parser(text, file, path.dirname(file), { ...work, open: [...work.open, whole] }).parse();
}

function readFile(file: string): string {
  try {
    const opened = openSync(file, 'r');
    try {
      if (fstatSync(opened).size > MAX_CONFIG_BYTES)
        throw configFault(`${file} is larger than ${MAX_CONFIG_BYTES} bytes`);
      return readFileSync(opened, 'utf8');
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ERR_BROKER_CONFIG') throw error;
    throw configFault(`open ${file}: ${REASONS[code] ?? code}`, 'name a file that can be read');
  }
}

/** Go's words for them. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
};

class Parser {
  readonly #lexer: Lexer;
  readonly #file: string;
  readonly #folder: string;
  readonly #work: Work;
  /** Maps that are being read, outermost first: where variables are looked up. */
  readonly #scopes: ConfigMap[] = [new Map()];
  #depth = 0;

  constructor(text: string, file: string, folder: string, work: Work) {
    work.bytes.left -= text.length;
    if (work.bytes.left < 0) throw configFault(`the configuration is larger than ${MAX_CONFIG_BYTES} bytes`);
    this.#lexer = new Lexer(text, file);
    this.#file = file;
    this.#folder = folder;
    this.#work = work;
  }

  parse(): ConfigMap {
    const root = this.#scopes[0] as ConfigMap;
    const lexer = this.#lexer;
    for (;;) {
      lexer.skipSpaces();
      if (lexer.peek() === '') return root;
      if (lexer.comment()) continue;
      if (lexer.take('{')) this.#braced(root);
      else if (this.#entry(root)) this.#endOfTopValue();
      else return root;
    }
  }

  /** `key value` outside of any braces, or an include; false where a `}` is all that is left (the end of JSON whose `{` is missing). */
  #entry(into: ConfigMap): boolean {
    const lexer = this.#lexer;
    const start = lexer.pos;
    if (lexer.peek() === '/') throw lexer.fault('Unexpected EOF.');
    const { key, place, bare } = this.#key();
    if (bare && this.#include(key, into)) return true;
    lexer.skipSpaces();
    if (!isSeparator(lexer.peek())) {
      if (lexer.peek() === '') {
        if (key === '}') return false;
        const { line, column } = lexer.place(start);
        throw configFault(`config is invalid (${this.#file}:${line}:${column})`);
      }
    } else {
      lexer.pos++;
    }
    lexer.skipBlanks();
    this.#set(into, key, place, this.#value());
    return true;
  }

  #key(): { key: string; place: Place; bare: boolean } {
    const lexer = this.#lexer;
    const char = lexer.peek();
    if (isSeparator(char)) throw lexer.fault(`Unexpected key separator '${char}'`);
    const quoted = char === "'" || char === '"';
    if (quoted) lexer.pos++;
    const place = lexer.place(lexer.pos);
    return { key: quoted ? lexer.quoted(char) : lexer.bareKey(), place, bare: !quoted };
  }

  #set(into: ConfigMap, key: string, place: Place, value: ConfigValue): void {
    into.set(key, { data: value.data, place, used: false });
  }

  #endOfTopValue(): void {
    const lexer = this.#lexer;
    for (;;) {
      if (lexer.comment()) return;
      const char = lexer.peek();
      // A lone slash is passed over (nats-server lexTopValueEnd).
      if (isBlank(char) || char === '/') lexer.pos++;
      else if (char === '' || isLineEnd(char) || char === ';' || char === ',' || char === '}') {
        lexer.next();
        return;
      } else {
        throw lexer.fault(
          `Expected a top-level value to end with a new line, comment or EOF, but got '${char}' instead.`,
        );
      }
    }
  }

  /** The inside of top-level braces: JSON, or a file written like it. Braces in braces are one and the same map. */
  #braced(root: ConfigMap): void {
    const lexer = this.#lexer;
    let open = 1;
    while (open > 0) {
      lexer.skipSpaces();
      if (lexer.peek() === '') return;
      if (lexer.comment()) continue;
      if (lexer.take('{')) open = this.#deeper(open);
      else if (lexer.take('}')) open -= 1 + this.#closed(open - 1);
      else {
        if (!this.#entry(root)) return;
        open -= this.#endOfBlockValue(open);
      }
    }
  }

  #deeper(open: number): number {
    if (open >= MAX_CONFIG_DEPTH) throw this.#lexer.fault(`more than ${MAX_CONFIG_DEPTH} levels deep`);
    return open + 1;
  }

  /** After a value within top-level braces; returns how many of them end here. */
  #endOfBlockValue(open: number): number {
    const lexer = this.#lexer;
    for (;;) {
      if (lexer.comment()) continue;
      const char = lexer.peek();
      if (isBlank(char) || char === '/') lexer.pos++;
      else if (isLineEnd(char) || char === ';' || char === ',') {
        lexer.pos++;
        return 0;
      } else if (lexer.take('}')) return 1 + this.#closed(open - 1);
      else {
        throw lexer.fault(
          `Expected a block-level value to end with a new line, comment or EOF, but got '${char}' instead.`,
        );
      }
    }
  }

  /** After a `}` with others still open; returns how many more of them end here. */
  #closed(open: number): number {
    const lexer = this.#lexer;
    let ended = 0;
    while (ended < open) {
      if (lexer.comment()) return ended;
      const char = lexer.peek();
      if (isBlank(char) || isLineEnd(char) || char === '/') lexer.pos++;
      else if (lexer.take('}')) ended++;
      else if (char === ';' || char === ',') {
        lexer.pos++;
        return ended;
      } else throw lexer.fault(`Expected a block-level to end with a '}', but got '${char}' instead.`);
    }
    return ended;
  }

  /** The keys of the file after `include` stand here as if they were written here. */
  #include(key: string, into: ConfigMap): boolean {
    const lexer = this.#lexer;
    if (key.toLowerCase() !== 'include' || !isSpace(lexer.peek())) return false;
    const name = lexer.fileName();
    let included: ConfigMap;
    try {
      // Always relative to this file's folder, as nats-server joins them.
      included = parseFile(path.join(this.#folder, name), this.#work);
    } catch (error) {
      throw configFault(`error parsing include file '${name}', ${error instanceof Error ? error.message : 'unknown'}`);
    }
    for (const [each, value] of included) into.set(each, value);
    return true;
  }

  #value(): ConfigValue {
    const lexer = this.#lexer;
    if (lexer.take('[')) return this.#nested(() => this.#array());
    if (lexer.take('{')) return this.#nested(() => this.#map());
    const { kind, text, start } = lexer.scalar();
    const place = lexer.place(start);
    if (kind !== 'word') return { data: scalarData(kind, text), place, used: false };
    const flag = booleanOf(text);
    if (flag !== undefined) return { data: { kind: 'boolean', value: flag }, place, used: false };
    if (text.startsWith('$')) return { data: this.#variable(text.slice(1), place), place, used: false };
    return { data: { kind: 'string', value: text }, place, used: false };
  }

  #nested(read: () => ConfigData): ConfigValue {
    if (this.#depth >= MAX_CONFIG_DEPTH) throw this.#lexer.fault(`more than ${MAX_CONFIG_DEPTH} levels deep`);
    this.#depth++;
    const data = read();
    this.#depth--;
    return { data, place: this.#lexer.place(this.#lexer.pos), used: false };
  }

  #array(): ConfigData {
    const lexer = this.#lexer;
    const value: ConfigValue[] = [];
    for (;;) {
      lexer.skipSpaces();
      if (lexer.comment()) continue;
      if (lexer.take(']')) return { kind: 'array', value };
      const char = lexer.peek();
      if (char === ',' || char === '/') throw lexer.fault("Unexpected array value terminator ','.");
      value.push(this.#value());
      if (this.#endOfItem(']')) return { kind: 'array', value };
    }
  }

  /** After a value in an array or a map: true if that ends here too. */
  #endOfItem(end: ']' | '}'): boolean {
    const lexer = this.#lexer;
    for (;;) {
      lexer.skipBlanks();
      if (lexer.comment()) continue;
      if (lexer.take(end)) return true;
      const char = lexer.peek();
      // A lone slash separates as a comma does (nats-server lexArrayValueEnd, lexMapValueEnd).
      if (char === ',' || char === '/' || isLineEnd(char) || (char === ';' && end === '}')) {
        lexer.pos++;
        return false;
      }
      const what = end === ']' ? 'an array' : 'a map';
      throw lexer.fault(
        `Expected ${what} value terminator "," or ${what} terminator "${end}", but got '${char}' instead.`,
      );
    }
  }

  #map(): ConfigData {
    const value: ConfigMap = new Map();
    this.#scopes.push(value);
    while (!this.#mapEntry(value));
    this.#scopes.pop();
    return { kind: 'map', value };
  }

  /** True at the end of the map. */
  #mapEntry(into: ConfigMap): boolean {
    const lexer = this.#lexer;
    lexer.skipSpaces();
    if (lexer.take('}')) return true;
    if (lexer.comment()) return false;
    if (lexer.peek() === '') throw lexer.fault('Unexpected EOF processing map.');
    if (lexer.peek() === ']') throw lexer.fault("Unexpected array end ']' processing map.");
    // Not part of the key (nats-server lexMapKeyStart).
    lexer.take('/');
    const { key, place, bare } = this.#key();
    if (bare && this.#include(key, into)) return this.#endOfItem('}');
    lexer.skipSpaces();
    if (isSeparator(lexer.peek())) lexer.pos++;
    lexer.skipSpaces();
    const char = lexer.peek();
    if (char === ',') throw lexer.fault("Unexpected map value terminator ','.");
    if (char === '' || char === '}') throw lexer.fault(`no value for the key '${key}'`);
    this.#set(into, key, place, this.#value());
    return this.#endOfItem('}');
  }

  /** From the maps around, innermost first, else from the environment, whose text is read as a value is. */
  #variable(name: string, place: Place): ConfigData {
    // So that hashes need no quotes (nats-server lookupVariable).
    if (name.startsWith('2a$')) return { kind: 'string', value: `$${name}` };
    for (const scope of this.#scopes.toReversed()) {
      const found = scope.get(name);
      if (found === undefined) continue;
      found.used = true;
      return found.data;
    }
    const refused = (why: string) => configFault(`variable reference for '${name}' on line ${place.line} ${why}`);
    const text = Object.hasOwn(this.#work.source.env, name) ? this.#work.source.env[name] : undefined;
    const { resolving } = this.#work;
    if (resolving.has(name)) throw refused(`could not be parsed: variable reference cycle for '${name}'`);
    if (text === undefined) throw refused('can not be found');
    resolving.add(name);
    try {
      const found = new Parser(`pk=${text}`, this.#file, '.', this.#work).parse().get('pk');
      if (found === undefined) throw configFault('no value');
      return found.data;
    } catch (error) {
      // Its text may be a secret: a parse error may quote a character of it, no more.
      throw refused(`could not be parsed: ${error instanceof Error ? error.message : 'unknown'}`);
    } finally {
      resolving.delete(name);
    }
  }
}
