/** Reads a state file. */
import { isUtf8 } from 'node:buffer';
import { readInput } from '../source.js';
import { type FileErrors, readYaml } from '../yaml/read.js';
import { stateError } from './errors.js';
import { type State, state } from './operator-fields.js';

/** 50,000 users with a few fields each are some 10 MiB. */
export const MAX_STATE_BYTES = 64 * 1024 * 1024;

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

const ERRORS: FileErrors = {
  syntax: (message, options) => stateError('ERR_STATE_SYNTAX', message, options),
  invalid: (message, options) => stateError('ERR_STATE_INVALID', message, options),
  hint: '`natsctl export schema` prints what may be written',
};

/**
 * @param name of the file, for messages
 * @throws ERR_STATE_SYNTAX, ERR_STATE_SEED, ERR_STATE_INVALID with `details.faults`: pointer, line, column, message
 */
export function parseState(text: string, name: string): State {
  refuseSeeds(text, name);
  return readYaml(text, name, (value, reading) => state.read(value, reading), ERRORS);
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
