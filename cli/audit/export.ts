import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Checkpoint } from '../../claims/audit/checkpoint.js';
import { readExport } from '../../claims/audit/export.js';
import { getLines, type RestOptions } from '../../resolver/rest.js';
import { cliError } from '../errors.js';
import { PRIVATE_FILE_MODE, syncDir, TEMPORARY_SUFFIX } from '../store/atomic.js';
import { ioError, systemCode } from '../store/errors.js';
import { serviceFault } from '../sync/service-url.js';

export interface AuditExport {
  service: string;
  /** Null where it went to stdout. */
  file: string | null;
  entries: number;
  checkpoint: Checkpoint;
}

export type WriteText = (text: string) => Promise<unknown>;

/** The whole audit with its signed end, line by line to `write`. What breaks off before that end is no export. */
export async function exportAudit(rest: RestOptions, write: WriteText): Promise<Omit<AuditExport, 'file'>> {
  let entries = 0;
  try {
    const lines = written(await getLines(rest, 'GET /audit/export'), write);
    const reading = readExport(lines);
    for (;;) {
      const { done, value } = await reading.next();
      if (!done) entries++;
      else if (value !== null) return { service: rest.base, entries, checkpoint: value };
      else throw cliError('ERR_SERVICE_ANSWER', 'the audit broke off before its end', { hint: 'try again' });
    }
  } catch (error) {
    throw serviceFault(error);
  }
}

/** To a private file, which is there when all of it is and not before. */
export async function exportAuditTo(rest: RestOptions, file: string, force: boolean): Promise<AuditExport> {
  const target = path.resolve(file);
  const temporary = `${target}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  try {
    const output = await open(temporary, 'wx', PRIVATE_FILE_MODE);
    let exported: Omit<AuditExport, 'file'>;
    try {
      exported = await exportAudit(rest, (text) => output.write(text));
      await output.sync();
    } finally {
      await output.close();
    }
    // A link, unlike a rename, takes nothing's place.
    await (force ? rename(temporary, target) : link(temporary, target));
    await syncDir(path.dirname(target));
    return { ...exported, file: target };
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      throw cliError('ERR_FILE_EXISTS', `${target} exists`, {
        hint: 'add --force to replace it',
        details: { file: target },
      });
    }
    throw systemCode(error) === undefined ? error : ioError(error, 'write', target);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function* written(lines: AsyncIterable<string>, write: WriteText): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line !== '') await write(`${line}\n`);
    yield line;
  }
}
