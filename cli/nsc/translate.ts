import { usageError } from '../errors.js';
import { TOPICS, VERB_TOPICS, VERBS } from './nats-auth-words.js';
import type { Meaning, Row } from './row.js';
import { GLOBAL_FLAGS, REFUSED, ROWS } from './words.js';

/** What oclif's manifest says of a command's flags, by their names. */
export interface FlagOfCommand {
  type: 'boolean' | 'option';
  char?: string;
  aliases?: string[];
  allowNo?: boolean;
}
type Flags = Readonly<Record<string, FlagOfCommand>>;
export type FlagsOf = (command: string) => Flags;

const TRUE = /^(true|1|t)$/i;

export interface Translated {
  argv: string[];
  /** To be set for this run: where nsc.json is, which nsc says with a flag. */
  env: Record<string, string>;
}

/**
 * A command line in nsc's words or those of `nats auth`, in natsctl's; any other as it is. Flags that nsc writes otherwise are
 * understood with natsctl's own words too, where the command has no flag of that name itself.
 *
 * @param flagsOf only asked where something is to be translated
 */
export function translate(given: readonly string[], flagsOf: FlagsOf): Translated {
  const argv = globalsLast(given);
  const unchanged = { argv: [...given], env: {} };
  const words = leadingWords(argv);
  if (words.length === 0) return unchanged;
  const plain = ofNatsAuth(words);
  const rest = argv.slice(words.length);
  const line = [...plain, ...rest];

  const refused = REFUSED[plain[0] as string];
  if (refused !== undefined) throw usageError(`natsctl has no ${plain[0]}`, refused);

  const known = matching(plain, (row) => row.words);
  if (known !== null) return rewrite(known, line.slice(known.length), flagsOf, true);
  const own = matching(plain, (row) => (row.when === undefined ? [row.to] : []));
  const after = own === null ? [] : line.slice(own.length);
  // Most command lines end here, before the manifest is read.
  if (own === null || !usesWords(own.rows[0] as Row, after)) return { argv: line, env: {} };
  return rewrite(own, after, flagsOf, false);
}

function usesWords(row: Row, rest: readonly string[]): boolean {
  const keys = keysOf({ ...GLOBAL_FLAGS, ...row.flags });
  return rest.some((word) => {
    if (!isFlag(word)) return false;
    const { name, char } = readFlag(word);
    return keys.some((key) => (name === undefined ? key.char === char : key.long === name));
  });
}

/** nsc takes its persistent flags before the words too. */
function globalsLast(argv: readonly string[]): readonly string[] {
  const globals = keysOf({ ...GLOBAL_FLAGS, 'K/private-key=': '' });
  let end = 0;
  while (isFlag(argv[end] ?? '')) {
    const { name, char, value } = readFlag(argv[end] as string);
    const key = globals.find((one) => (name === undefined ? one.char === char : one.long === name));
    if (key === undefined) return argv;
    end += key.takesValue && value === undefined ? 2 : 1;
  }
  const words = leadingWords(argv.slice(end));
  return [...words, ...argv.slice(0, end), ...argv.slice(end + words.length)];
}

interface Match {
  rows: Row[];
  /** Words of the command line that it takes. */
  length: number;
}

/** The rows of the longest words that the line begins with. */
function matching(words: readonly string[], wordsOf: (row: Row) => readonly string[]): Match | null {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    const head = words.slice(0, length).join(' ');
    const rows = ROWS.filter((row) => wordsOf(row).includes(head));
    if (rows.length > 0) return { rows, length };
  }
  return null;
}

function leadingWords(argv: readonly string[]): string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return argv.slice(0, end === -1 ? undefined : end);
}

function ofNatsAuth(words: string[]): string[] {
  const [topic = '', verb, ...rest] = words[0] === 'auth' && words.length > 1 ? words.slice(1) : words;
  const ours = own(TOPICS, topic) ?? topic;
  if (verb === undefined) return [ours];
  return [ours, (VERB_TOPICS.has(ours) ? own(VERBS, verb) : undefined) ?? verb, ...rest];
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

interface Key {
  char: string | undefined;
  long: string;
  takesValue: boolean;
  meaning: Meaning;
}

function keysOf(flags: Readonly<Record<string, Meaning>>): Key[] {
  return Object.entries(flags).map(([text, meaning]) => {
    const takesValue = text.endsWith('=');
    const names = (takesValue ? text.slice(0, -1) : text).split('/');
    const long = names.at(-1) as string;
    return { char: names.length > 1 ? names[0] : long.length === 1 ? long : undefined, long, takesValue, meaning };
  });
}

/** The flags and arguments that follow a command, written as that command takes them. */
function rewrite({ rows }: Match, rest: string[], flagsOf: FlagsOf, nscWords: boolean): Translated {
  const row = rows.find((one) => fits(one, rest)) as Row;
  const [command, ...fixed] = splitCommand(row.to);
  const flags = flagsOf(command.join(' '));
  const keys = keysOf({ ...GLOBAL_FLAGS, ...row.flags });
  const result = new Line(command, fixed);
  const env: Record<string, string> = {};

  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string;
    if (word === '--') {
      result.after.push(...rest.slice(at));
      break;
    }
    if (!isFlag(word)) {
      result.argument(row.args);
      result.take(row.args?.[result.arguments - 1] ?? result.arguments - 1, word, 'the argument');
      continue;
    }
    const { name, char, value: joined } = readFlag(word);
    const kept = !nscWords && hasFlag(flags, char, name);
    const key = kept ? undefined : keys.find((one) => (name === undefined ? one.char === char : one.long === name));
    const isSwitch = key === undefined ? ofChar(flags, char)?.type === 'boolean' : !key.takesValue;
    if (isSwitch && name === undefined && joined !== undefined && !word.includes('=')) {
      // `-DC` is `-D -C`.
      rest.splice(at, 1, word.slice(0, 2), `-${joined}`);
      at--;
      continue;
    }
    if (key === undefined) {
      at += result.keep(word, rest[at + 1], { name, char, value: joined }, flags);
      continue;
    }
    if (!key.takesValue) {
      if (joined !== undefined && !TRUE.test(joined)) result.refuseNegated(key, flags);
      else result.take(key.meaning, undefined, `--${key.long}`);
      continue;
    }
    const value = joined ?? rest[++at];
    if (value === undefined) throw usageError(`--${key.long} needs a value`, `see \`natsctl ${row.to} --help\``);
    if (key.long === 'config-dir' || key.long === 'all-dirs') env.NSC_HOME = value;
    result.take(key.meaning, value, `--${key.long}`);
  }
  return { argv: result.words(), env };
}

/** `nkey gen --show-seed` is the command and a flag that goes with it. */
function splitCommand(to: string): [string[], ...string[]] {
  const words = to.split(' ');
  const end = words.findIndex((word) => word.startsWith('-'));
  if (words[0] === 'context' && words[1] === 'select' && words[2]) return [['context', 'select'], words[2]];
  return end === -1 ? [words] : [words.slice(0, end), ...words.slice(end)];
}

function fits({ when, flags }: Row, rest: readonly string[]): boolean {
  if (when === undefined) return true;
  const [wanted, value] = when;
  const key = keysOf(flags ?? {}).find(({ long, char }) => long === wanted || char === wanted);
  // A row for a letter alone leaves the long form to the command.
  const long = wanted.length > 1 ? `--${wanted}` : undefined;
  const short = key?.char === undefined ? undefined : `-${key.char}`;
  const at = rest.findIndex((word) =>
    [long, short].some((flag) => flag && (word === flag || word.startsWith(`${flag}=`))),
  );
  if (at < 0) return false;
  const word = rest[at] as string;
  return value === undefined || (word.includes('=') ? word.slice(word.indexOf('=') + 1) : rest[at + 1]) === value;
}

function hasFlag(flags: Flags, char: string | undefined, long: string | undefined): boolean {
  return Object.entries(flags).some(([name, flag]) =>
    long === undefined ? flag.char === char : name === long || flag.aliases?.includes(long),
  );
}

function ofChar(flags: Flags, char: string | undefined): FlagOfCommand | undefined {
  return Object.values(flags).find((flag) => char !== undefined && flag.char === char);
}

function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

interface ReadFlag {
  name: string | undefined;
  char: string | undefined;
  value: string | undefined;
}

/** `--name`, `--name=value`, `-n`, `-n=value`, `-nvalue`, as cobra reads them. */
function readFlag(word: string): ReadFlag {
  const equals = word.indexOf('=');
  if (word.startsWith('--')) {
    const name = word.slice(2, equals === -1 ? undefined : equals);
    return { name, char: undefined, value: equals === -1 ? undefined : word.slice(equals + 1) };
  }
  const joined = word.slice(2).replace(/^=/, '');
  return { name: undefined, char: word[1], value: word.length > 2 ? joined : undefined };
}

/** A command line being written: the command, its arguments in their order, then the rest as it came. */
class Line {
  arguments = 0;
  readonly after: string[] = [];
  private readonly slots = new Map<number, string[]>();

  constructor(
    private readonly command: readonly string[],
    private readonly fixed: readonly string[],
  ) {}

  argument(args: Row['args']): void {
    this.arguments++;
    if (args !== undefined && this.arguments > args.length) throw usageError('there are too many arguments');
  }

  take(meaning: Meaning, value: string | undefined, what: string): void {
    if (typeof meaning === 'number') this.slot(meaning).push(value as string);
    else if (typeof meaning === 'string') {
      if (meaning !== '') this.after.push(meaning, ...(value === undefined ? [] : [value]));
    } else if (typeof meaning === 'function') {
      const [first, ...more] = meaning(value as string);
      if (first !== undefined) (isFlag(first) ? this.after : this.slot(0)).push(first);
      this.after.push(...more);
    } else if ('refused' in meaning) throw usageError(`natsctl has no ${what} here`, meaning.refused);
    else {
      const [first = ''] = meaning;
      (isFlag(first) ? this.after : this.slot(0)).push(...meaning);
    }
  }

  /** A flag that the command has under the same name. @returns how many words after it are its value */
  keep(word: string, next: string | undefined, read: ReadFlag, flags: Flags): number {
    const found = Object.entries(flags).find(([long, one]) =>
      read.name === undefined ? one.char === read.char : long === read.name || one.aliases?.includes(read.name),
    );
    const [name, flag] = found ?? [];
    if (flag?.type === 'boolean' && read.value !== undefined) {
      if (TRUE.test(read.value)) this.after.push(`--${name}`);
      else if (flag.allowNo) this.after.push(`--no-${name}`);
      return 0;
    }
    this.after.push(word);
    const valueFollows = flag?.type === 'option' && read.value === undefined && next !== undefined;
    // nsc takes this count only joined to its flag.
    if (!valueFollows || (read.name === 'allow-pub-response' && !/^-?\d+$/.test(next))) return 0;
    this.after.push(next);
    return 1;
  }

  /** `--rm-creds=false`: what is not wanted need not be said, unless it is what happens anyway. */
  refuseNegated({ long, meaning }: Key, flags: Flags): void {
    const name = typeof meaning === 'string' ? meaning.slice(2) : '';
    if (own(flags, name)?.allowNo) this.after.push(`--no-${name}`);
    else if (meaning === '' || name.includes('='))
      throw usageError(`natsctl has no --${long}=false here`, `see \`natsctl ${this.command.join(' ')} --help\``);
  }

  words(): string[] {
    const last = Math.max(-1, ...this.slots.keys());
    const values: string[] = [];
    for (let at = 0; at <= last; at++) {
      const given = this.slots.get(at);
      if (given === undefined) {
        throw usageError(
          'an argument before the one that is given is missing',
          `see \`natsctl ${this.command.join(' ')} --help\``,
        );
      }
      values.push(...given);
    }
    return [...this.command, ...this.fixed, ...values, ...this.after];
  }

  private slot(at: number): string[] {
    const given = this.slots.get(at) ?? [];
    this.slots.set(at, given);
    return given;
  }
}
