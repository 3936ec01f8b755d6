import { NatsctlError } from '../../claims/errors.js';
import { readInput } from '../source.js';
import { type FileErrors, readYaml } from '../yaml/read.js';
import type { ConfigErrorCode } from './config-file.js';

const MAX_BYTES = 256 * 1_024;
const HINT = 'write a list of issuers, as docs/service.md has them';

const ERRORS: FileErrors = {
  syntax: (message, options) => new NatsctlError<ConfigErrorCode>('ERR_CONFIG_SYNTAX', message, options),
  invalid: (message, options) => new NatsctlError<ConfigErrorCode>('ERR_CONFIG_INVALID', message, options),
  hint: HINT,
};

/**
 * The issuers of tokens: those of the file that is named, or those that stand in the configuration file. What each must have is
 * the service's own to say, at its start.
 */
export async function oidcIssuers(given: string | readonly unknown[] | undefined): Promise<unknown> {
  if (typeof given !== 'string') return given;
  const text = (await readInput(given, { maxBytes: MAX_BYTES })).toString('utf8');
  return readYaml(text, given, plain, ERRORS);
}

/** What YAML gives, with its mappings as objects. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, member]) => [String(key), plain(member)]));
}
