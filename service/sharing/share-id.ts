/**
 * What an export or import is called in a path: something that a person reads, and that stays while the rest of it changes. In one
 * account no two exports of a type have one subject (claims/validate/exports.ts).
 */
import { subjectsOf } from '../../claims/explain/import.js';
import type { Export, Import } from '../../claims/types.js';

export function exportId({ type, subject }: Pick<Export, 'type' | 'subject'>): string {
  return `${type}:${subject}`;
}

export function importId(claim: Import): string {
  return `${claim.type}:${claim.account}:${remoteSubject(claim)}`;
}

/** The exporter's subject, in whatever form the import is written. */
export function remoteSubject(claim: Import): string {
  return subjectsOf(claim)?.remote ?? claim.subject;
}
