/**
 * The configuration file of a server: a key for each of its flags, by the flag's name. A flag or a variable overrides it. Read
 * as strictly as a state file, and each value by the flag's own rules.
 */
import { isUtf8 } from 'node:buffer';
import type { Command, Interfaces } from '@oclif/core';
import { NatsctlError } from '../../claims/errors.js';
import { editDistance } from '../output/edit-distance.js';
import { readInput } from '../source.js';
import { fault, kindOf, type Reading } from '../state/codec.js';
import { type FileErrors, readYaml } from '../yaml/read.js';
import { plain } from './oidc.js';

export type ConfigErrorCode = 'ERR_CONFIG_SYNTAX' | 'ERR_CONFIG_INVALID' | 'ERR_CONFIG_SECRET';
type Flag = Interfaces.Flag<unknown>;
type FlagTable = Readonly<Record<string, unknown>>;
type Scalar = string | number | boolean;
/** What stands in the file: as a flag has it, or a list in the place of the file that the flag names. */
type Given = Scalar | Scalar[] | { inline: unknown };

const MAX_CONFIG_BYTES = 256 * 1_024;

const ERRORS: FileErrors = {
  syntax: (message, options) => configError('ERR_CONFIG_SYNTAX', message, options),
  invalid: (message, options) => configError('ERR_CONFIG_INVALID', message, options),
  hint: 'a key is the name of a flag, as `--help` lists them',
};

/** What oclif's parser gives of flags, as far as it is looked at here. */
export interface Parsed<F> {
  flags: F;
  metadata: { flags: Record<string, { setFromDefault?: boolean } | undefined> };
}

/**
 * The flags with what the file says in the place of what neither a flag nor a variable says.
 *
 * @throws ERR_CONFIG_SYNTAX, ERR_CONFIG_INVALID with `details.faults`: pointer, line, column, message; ERR_CONFIG_SECRET
 */
export async function withConfigFile<F extends Record<string, unknown>>(
  file: string | undefined,
  { flags, metadata }: Parsed<F>,
  table: FlagTable,
  command: Command,
): Promise<F> {
  if (file === undefined) return flags;
  const bytes = await readInput(file, { maxBytes: MAX_CONFIG_BYTES });
  const name = file === '-' ? 'stdin' : file;
  if (!isUtf8(bytes)) throw ERRORS.syntax(`${name} is not encoded in UTF-8`, { details: { file: name } });
  const text = bytes.toString('utf8');
  refuseSeeds(text, name);
  // Nothing but comments, as an example is handed out: nothing is set.
  if (text.split('\n').every((line) => /^\s*(#|$)/.test(line))) return flags;
  const given = readYaml(text, name, (value, reading) => scalars(value, table, reading), ERRORS);
  const values = await parsed(given, table, command);
  // A second time, to tell what the flags' own rules say with its line.
  readYaml(
    text,
    name,
    (_value, reading) => {
      for (const [key, { error }] of values)
        if (error !== undefined) reading.faults.push({ path: [key], message: error });
      return true;
    },
    ERRORS,
  );
  const merged: Record<string, unknown> = { ...flags };
  for (const [key, { value }] of values) {
    if (merged[key] === undefined || metadata.flags[key]?.setFromDefault === true) merged[key] = value;
  }
  return merged as F;
}

/** The values as written, one or a list for each key. */
function scalars(value: unknown, table: FlagTable, reading: Reading): Map<string, Given> | undefined {
  const found = new Map<string, Given>();
  if (!(value instanceof Map)) return fault(reading, `must be a mapping of settings, not ${kindOf(value)}`);
  for (const [key, given] of value as Map<string, unknown>) {
    reading.path.push(key);
    const flag = Object.hasOwn(table, key) ? (table[key] as Flag) : undefined;
    if (flag === undefined) fault(reading, `is not a setting${meant(key, Object.keys(table))}`);
    else if (isInline(given, flag)) found.set(key, { inline: plain(given) });
    else if (fits(given, flag)) found.set(key, given);
    else fault(reading, `must be ${wanted(flag)}, not ${kindOf(given)}`);
    reading.path.pop();
  }
  return reading.faults.length === 0 ? found : undefined;
}

function isInline(value: unknown, flag: Flag): boolean {
  return 'inline' in flag && Array.isArray(value);
}

function fits(value: unknown, flag: Flag): value is Scalar | Scalar[] {
  if (flag.type === 'boolean') return typeof value === 'boolean';
  const isText = (one: unknown) => typeof one === 'number' || (typeof one === 'string' && one !== '');
  return isText(value) || (flag.multiple === true && Array.isArray(value) && value.every(isText));
}

function wanted(flag: Flag): string {
  if (flag.type === 'boolean') return 'true or false';
  if ('inline' in flag) return 'the name of a file, or the list itself';
  return flag.multiple ? 'a value or a list of values' : 'one value';
}

/** By the flag's own parser: ranges, choices, whether a file is there. */
async function parsed(given: Map<string, Given>, table: FlagTable, command: Command) {
  const values = new Map<string, { value?: unknown; error?: string }>();
  for (const [key, written] of given) {
    const flag = table[key] as Flag;
    if (typeof written === 'object' && 'inline' in written) {
      values.set(key, { value: written.inline });
      continue;
    }
    if (flag.type === 'boolean') {
      values.set(key, { value: written });
      continue;
    }
    try {
      const each = [];
      for (const one of [written].flat()) each.push(await parseOne(String(one), flag, command));
      values.set(key, { value: flag.multiple ? each : each[0] });
    } catch (error) {
      values.set(key, { error: error instanceof Error ? error.message.split('\n', 1)[0] : String(error) });
    }
  }
  return values;
}

async function parseOne(text: string, flag: Flag, command: Command): Promise<unknown> {
  const { options } = flag as { options?: readonly string[] };
  if (options && !options.includes(text))
    throw new Error(`must be one of ${options.join(', ')}, not ${JSON.stringify(text)}`);
  const parse = flag.parse as (input: string, context: Command, options: unknown) => Promise<unknown>;
  return parse(text, command, flag);
}

/** It is read by more people than its secrets are for: keys have files of their own, or the keystore. */
function refuseSeeds(text: string, name: string): void {
  const found = /\bS[OAUNCX][A-Z2-7]{56}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/.exec(text);
  if (found === null) return;
  const line = text.slice(0, found.index).split('\n').length;
  throw configError('ERR_CONFIG_SECRET', `${name}:${line}: a private key does not belong here`, {
    hint: 'name a file that holds it, and take that key for known to others',
    details: { file: name, line },
  });
}

function meant(key: string, names: string[]): string {
  const near = names.find((name) => editDistance(name, key.replaceAll('_', '-').toLowerCase()) <= 2);
  return near === undefined ? '' : `; is ${near} meant?`;
}

function configError(
  code: ConfigErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown },
): NatsctlError<ConfigErrorCode> {
  return new NatsctlError(code, message, options);
}
