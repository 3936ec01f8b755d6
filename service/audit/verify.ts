import type { AuditEntry } from '../../prisma/generated/client.js';
import type { Queries } from '../store/open.js';
import { entryHash, FIRST } from './chain.js';
import { type Checkpoint, isSignedBy, storedCheckpoint } from './checkpoint.js';

export interface AuditVerdict {
  /** Entries found. */
  entries: number;
  /** Hash of the last one; empty where there is none. */
  hash: string;
  /** What is wrong, in the order of the audit; none = whole. */
  faults: { seq: number; message: string }[];
}

const BATCH = 1_000;
/** After so many the audit is not to be trusted anyway. */
const MAX_FAULTS = 100;

/**
 * Reads the whole audit and finds every entry that was changed, taken out, put in between or cut off: each is chained to the one
 * before it, and the end is signed (by `publicKey`) in the transaction that wrote it. `kept` is a checkpoint from elsewhere: it
 * also finds a database that was put back, signed end and all, to an earlier state.
 */
export async function verifyAudit(db: Queries, publicKey: string, kept?: Checkpoint): Promise<AuditVerdict> {
  const faults: AuditVerdict['faults'] = [];
  const fault = (seq: number, message: string) => {
    if (faults.length < MAX_FAULTS) faults.push({ seq, message });
  };
  let entries = 0;
  let last = { seq: 0, hash: FIRST };
  let atKept: string | undefined;
  for await (const entry of allEntries(db)) {
    entries++;
    if (entry.seq !== last.seq + 1) fault(entry.seq, `entries ${last.seq + 1} to ${entry.seq - 1} are missing`);
    if (entry.hash !== entryHash(entry, last.hash)) fault(entry.seq, 'changed, or not written after the one before it');
    if (entry.seq === kept?.seq) atKept = entry.hash;
    last = entry;
  }
  const end = await storedCheckpoint(db);
  if (entries > 0 && end === null) fault(last.seq, 'the signed end of the audit is missing');
  if (end && !isSignedBy(end, publicKey)) fault(end.seq, 'the end of the audit is not signed by this service');
  else if (end && end.seq > last.seq) fault(end.seq, `cut off: entries ${last.seq + 1} to ${end.seq} are missing`);
  else if (end && (end.seq !== last.seq || end.hash !== last.hash)) fault(last.seq, 'the signed end is another one');
  if (kept) {
    if (!isSignedBy(kept, publicKey)) fault(kept.seq, 'the checkpoint given is not signed by this service');
    else if (kept.seq > last.seq) fault(kept.seq, 'shorter than it was at the checkpoint given');
    else if (atKept !== kept.hash) fault(kept.seq, 'not the entry that the checkpoint given was made over');
  }
  return { entries, hash: last.hash, faults };
}

async function* allEntries(db: Queries): AsyncGenerator<AuditEntry> {
  for (let after = 0; ; ) {
    const rows = await db.auditEntry.findMany({ where: { seq: { gt: after } }, orderBy: { seq: 'asc' }, take: BATCH });
    yield* rows;
    const last = rows.at(-1);
    if (rows.length < BATCH || !last) return;
    after = last.seq;
  }
}
