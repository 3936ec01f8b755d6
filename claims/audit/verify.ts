import { type ChainedEntry, entryHash, FIRST } from './chain.js';
import { type Checkpoint, isSignedBy } from './checkpoint.js';

export interface AuditVerdict {
  /** Entries found. */
  entries: number;
  /** Hash of the last one; empty where there is none. */
  hash: string;
  /** What is wrong, in the order of the audit; none = whole. */
  faults: { seq: number; message: string }[];
}

export interface AuditProof {
  /** Of the service: who must have signed the end. Absent: whoever signed the checkpoint kept, or (nothing is known) the end. */
  publicKey?: string | undefined;
  /** The end that was signed with the last change, asked for after all entries were read; null where there is none. */
  end(): Checkpoint | null | Promise<Checkpoint | null>;
  /** A checkpoint from elsewhere. */
  kept?: Checkpoint | undefined;
}

/** After so many the audit is not to be trusted anyway. */
const MAX_FAULTS = 100;

/**
 * Finds every entry that was changed, taken out, put in between or cut off: each is chained to the one before it, and the end is
 * signed in the transaction that wrote it. A checkpoint `kept` elsewhere also finds an audit that was put back, signed end and
 * all, to an earlier state. The same law for the service's database and for an export on somebody's disk.
 */
export async function verifyAudit(
  audit: AsyncIterable<ChainedEntry> | Iterable<ChainedEntry>,
  { publicKey: known, end: readEnd, kept }: AuditProof,
): Promise<AuditVerdict> {
  const faults: AuditVerdict['faults'] = [];
  const fault = (seq: number, message: string) => {
    if (faults.length < MAX_FAULTS) faults.push({ seq, message });
  };
  let entries = 0;
  let last = { seq: 0, hash: FIRST };
  let atKept: string | undefined;
  for await (const entry of audit) {
    entries++;
    if (entry.seq !== last.seq + 1) fault(entry.seq, `entries ${last.seq + 1} to ${entry.seq - 1} are missing`);
    if (entry.hash !== entryHash(entry, last.hash)) fault(entry.seq, 'changed, or not written after the one before it');
    if (entry.seq === kept?.seq) atKept = entry.hash;
    last = entry;
  }
  const end = await readEnd();
  const publicKey = known ?? kept?.publicKey ?? end?.publicKey ?? '';
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
