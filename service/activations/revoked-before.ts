import { revoke } from '../../claims/account/revocation.js';
import { overlaps } from '../../claims/subject/match.js';
import type { Export } from '../../claims/types.js';
import type { Queries } from '../store/open.js';

/** What was revoked for exports that this one takes up again: by importing account, until when. */
export async function revokedBefore(
  tx: Queries,
  exporterKey: string,
  { type, subject }: Pick<Export, 'type' | 'subject'>,
): Promise<Map<string, number>> {
  const rows = await tx.activationRequest.findMany({
    where: { exporterKey, type, revokedAt: { not: null } },
    select: { importerKey: true, subject: true, revokedAt: true },
  });
  return rows
    .filter((row) => overlaps(row.subject, subject))
    .reduce((kept, row) => revoke(kept, row.importerKey, Number(row.revokedAt)), new Map<string, number>());
}
