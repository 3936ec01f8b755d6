import type { Manifest, ManifestCommand, ManifestFlag } from '../manifest.js';
import { translate } from '../nsc/translate.js';
import type { Place } from './names.js';
import { type Source, sourceOfArgument, sourceOfFlag } from './sources.js';

export interface Candidate {
  value: string;
  description?: string | undefined;
}

/** What could come next, or that the shell should offer files or folders. */
export interface Completion {
  candidates: Candidate[];
  directive?: 'files' | 'folders';
}

export interface Known {
  manifest: Manifest;
  /** Topics and what they are for. */
  topics: Readonly<Record<string, { description?: string }>>;
  names: (source: Source, place: Partial<Pick<Place, 'operator' | 'account'>> & PlaceFlags) => Promise<string[]>;
}

interface PlaceFlags {
  store?: string | undefined;
  keystore?: string | undefined;
}

/** @param words those after the program, the last one being written (perhaps empty) */
export async function complete(words: readonly string[], known: Known): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const before = inOurWords(words.slice(0, -1), known.manifest);
  const completion = await offers(before, current, known);
  const candidates = completion.candidates.filter(({ value }) => value.startsWith(current));
  return { ...completion, candidates: candidates.toSorted((a, b) => (a.value < b.value ? -1 : 1)) };
}

/** nsc's words are completed as far as they can be: what follows them are the flags of natsctl. */
function inOurWords(before: string[], manifest: Manifest): string[] {
  try {
    return translate(before, (command) => manifest.commands[command.replaceAll(' ', ':')]?.flags ?? {}).argv;
  } catch {
    return before;
  }
}

async function offers(before: string[], current: string, known: Known): Promise<Completion> {
  const found = findCommand(before, known.manifest);
  if (found === null) return { candidates: [...nextWords(before, known), ...helpFor(current)] };
  const { id, command, rest } = found;
  const line = readLine(rest, command);
  if (line.waiting !== null) return valuesOf(line.waiting, line, known);
  if (current.startsWith('-') && !line.onlyArguments) {
    const joined = /^--([^=]+)=/.exec(current);
    const flag = joined === null ? undefined : flagNamed(command, joined[1] as string);
    if (joined === null || flag === undefined) return { candidates: [...flagsOf(command, line), ...helpFor(current)] };
    const values = await valuesOf(flag, line, known);
    return { ...values, candidates: values.candidates.map((one) => ({ ...one, value: joined[0] + one.value })) };
  }
  return argumentsOf(id, command, line, known);
}

function helpFor(current: string): Candidate[] {
  return current.startsWith('-') ? [{ value: '--help', description: 'Show what there is.' }] : [];
}

function findCommand(before: readonly string[], { commands }: Manifest) {
  for (let words = before.length; words > 0; words--) {
    const id = before.slice(0, words).join(':');
    const command = Object.hasOwn(commands, id) ? commands[id] : undefined;
    if (command !== undefined) return { id, command, rest: before.slice(words) };
  }
  return null;
}

/** The words that follow those of a topic: commands, and topics below it. */
function nextWords(before: readonly string[], { manifest, topics }: Known): Candidate[] {
  const prefix = before.map((word) => `${word}:`).join('');
  const next = new Map<string, string | undefined>();
  for (const [id, { hidden, summary, description }] of Object.entries(manifest.commands)) {
    if (hidden || !id.startsWith(prefix)) continue;
    const [word = '', ...deeper] = id.slice(prefix.length).split(':');
    if (deeper.length === 0) next.set(word, (summary ?? description)?.split('\n')[0]);
    else if (!next.has(word)) next.set(word, topics[[...before, word].join(' ')]?.description);
  }
  if (before.length === 0) next.set('help', 'Show what a command does.');
  return [...next].map(([value, description]) => ({ value, description }));
}

interface ReadLine {
  arguments: string[];
  /** By name; the last value of each. */
  flags: Map<string, string | true>;
  /** A flag whose value comes next. */
  waiting: ManifestFlag | null;
  /** After `--`. */
  onlyArguments: boolean;
}

function readLine(rest: readonly string[], command: ManifestCommand): ReadLine {
  const line: ReadLine = { arguments: [], flags: new Map(), waiting: null, onlyArguments: false };
  for (const word of rest) {
    if (line.waiting !== null) {
      line.flags.set(line.waiting.name, word);
      line.waiting = null;
    } else if (line.onlyArguments || !/^--?[A-Za-z]|^--$/.test(word)) line.arguments.push(word);
    else if (word === '--') line.onlyArguments = true;
    else {
      const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      const flag = word.startsWith('--') ? flagNamed(command, name) : flagOfChar(command, name[0] as string);
      if (flag === undefined) continue;
      const joined = value ?? (!word.startsWith('--') && name.length > 1 ? name.slice(1) : undefined);
      if (flag.type === 'option' && joined === undefined) line.waiting = flag;
      else line.flags.set(flag.name, joined ?? true);
    }
  }
  return line;
}

function flagNamed({ flags }: ManifestCommand, name: string): ManifestFlag | undefined {
  return Object.values(flags).find(
    (flag) => flag.name === name || flag.aliases?.includes(name) || (flag.allowNo && name === `no-${flag.name}`),
  );
}

function flagOfChar({ flags }: ManifestCommand, char: string): ManifestFlag | undefined {
  return Object.values(flags).find((flag) => flag.char === char);
}

function flagsOf({ flags }: ManifestCommand, line: ReadLine): Candidate[] {
  return Object.values(flags)
    .filter(({ name, hidden, multiple }) => !hidden && (multiple || !line.flags.has(name)))
    .flatMap(({ name, allowNo, description }) =>
      [`--${name}`, ...(allowNo ? [`--no-${name}`] : [])].map((value) => ({ value, description })),
    );
}

function valuesOf(flag: ManifestFlag, line: ReadLine, known: Known): Promise<Completion> {
  if (flag.options) return Promise.resolve({ candidates: flag.options.map((value) => ({ value })) });
  return fromSource(sourceOfFlag(flag.name, flag.helpValue), line, known);
}

async function argumentsOf(id: string, command: ManifestCommand, line: ReadLine, known: Known): Promise<Completion> {
  const args = Object.values(command.args);
  // A command that is not strict takes any number of its last argument.
  const arg = args[line.arguments.length] ?? (command.strict === false ? args.at(-1) : undefined);
  if (arg === undefined) return { candidates: [] };
  if (arg.options) return { candidates: arg.options.map((value) => ({ value })) };
  const source = sourceOfArgument(id, arg.name);
  if (source !== 'operators or accounts') return fromSource(source, line, known);
  return fromSource(line.arguments[0] === 'operator' ? 'operators' : 'accounts', line, known);
}

async function fromSource(source: Source | null, { flags }: ReadLine, known: Known): Promise<Completion> {
  if (source === null) return { candidates: [] };
  if (source === 'files' || source === 'folders') return { candidates: [], directive: source };
  const text = (name: string) => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const place = {
    operator: text('operator'),
    account: text('account'),
    store: text('store'),
    keystore: text('keystore'),
  };
  return { candidates: (await known.names(source, place)).map((value) => ({ value })) };
}
