import type { Checkpoint } from '../../claims/audit/checkpoint.js';
import { type AuditVerdict, verifyAudit } from '../../claims/audit/verify.js';
import type { Queries } from '../store/open.js';
import { storedCheckpoint } from './checkpoint.js';
import { allEntries } from './read-audit.js';

/** Judges the audit of a database by the law of claims/audit: `kept` is a checkpoint from elsewhere. */
export function verifyStoredAudit(db: Queries, publicKey: string, kept?: Checkpoint): Promise<AuditVerdict> {
  return verifyAudit(allEntries(db), { publicKey, end: () => storedCheckpoint(db), kept });
}
