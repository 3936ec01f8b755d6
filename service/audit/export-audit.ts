import { endLine, entryLine } from '../../claims/audit/export.js';
import type { Store } from '../store/open.js';
import { storedCheckpoint } from './checkpoint.js';
import { allEntries } from './read-audit.js';

/** About so many characters are written at once. */
const CHUNK = 65_536;

/**
 * The whole audit in the form of claims/audit/export.ts, up to the end that stands signed when it begins: what is written
 * meanwhile belongs to the next export. The end is the one that the last change signed, never one made now: that would also
 * sign an audit that was cut off.
 */
export async function* exportAudit({ db }: Store): AsyncGenerator<string> {
  const end = await storedCheckpoint(db);
  let chunk = '';
  for await (const entry of allEntries(db, end?.seq)) {
    chunk += entryLine(entry);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield end ? chunk + endLine(end) : chunk;
}
