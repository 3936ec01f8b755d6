import process from 'node:process';
import { isNatsctlError } from '../../../claims/errors.js';
import { startProgress } from '../../output/progress.js';
import { readInput } from '../../source.js';
import type { Workspace } from '../../workspace.js';
import { type CreatedUsers, createUsers } from './create.js';
import { credsPlace, type RowDefaults, wantedOfRows } from './flags.js';
import { decodeRows, formatOf, MAX_ROWS_BYTES, type RowFault, readRows } from './rows.js';

export interface ListFlags extends RowDefaults {
  format?: string | undefined;
  output?: string | undefined;
  archive?: string | undefined;
  'no-creds'?: boolean;
  'dry-run'?: boolean;
}

/** So many lines are said of a list on a terminal; all of them are in `--json`. */
const MAX_NOTES = 20;

/**
 * Makes the users of a file.
 *
 * @param note says a line to a person; null where only a program listens
 */
export async function createFromList(
  workspace: Workspace,
  file: string,
  flags: ListFlags,
  note: ((text: string) => void) | null,
): Promise<CreatedUsers> {
  const text = decodeRows(await readInput(file, { maxBytes: MAX_ROWS_BYTES }), file);
  const list = readRows(text, flags.format === 'csv' || flags.format === 'jsonl' ? flags.format : formatOf(file, text));
  try {
    const created = await createUsers(workspace, {
      ...list,
      wanted: wantedOfRows(flags, workspace.now),
      creds: credsPlace(flags, process.cwd()),
      dryRun: flags['dry-run'] === true,
      progress: (label, total) => startProgress(label, total, note === null ? null : process.stderr),
    });
    const warnings = created.users.flatMap(({ line, warnings }) => warnings.map((one) => `line ${line}: ${one}`));
    saySome(warnings, note);
    return created;
  } catch (error) {
    if (isNatsctlError(error, 'ERR_ROWS_REFUSED')) {
      const faults = error.details.faults as RowFault[];
      saySome(
        faults.map(({ line, code, message }) => `line ${line}: ${message} [${code}]`),
        note,
      );
    }
    throw error;
  }
}

function saySome(lines: string[], note: ((text: string) => void) | null): void {
  for (const line of lines.slice(0, MAX_NOTES)) note?.(line);
  if (lines.length > MAX_NOTES) note?.(`and ${lines.length - MAX_NOTES} more`);
}
