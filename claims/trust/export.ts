/** Which export lets an account have what it imports: asked by servers when they link accounts, and by whoever explains what they do. */
import { NatsctlError } from '../errors.js';
import { isSubset } from '../subject/match.js';
import { tokenize } from '../subject/subject.js';
import type { Export, ExportType, Import } from '../types.js';
import type { VerifiedAccount } from './account.js';
import { verifyActivation } from './activation.js';

/**
 * The export of `exporter` that allows `importer` to take `subject`. Where several cover it, the most specific one decides
 * alone, whatever the order they were written in. A private export needs an activation, one with an account position the
 * importer's id in that token; where an export asks for both, both must hold.
 *
 * @throws ERR_IMPORT_NOT_EXPORTED, ERR_ACTIVATION_…
 */
export function allowingExport(
  exporter: VerifiedAccount,
  importer: string,
  claim: Import,
  subject: string,
  now: number,
): Export {
  const found = decidingExport(exporter.claims.nats.exports, claim.type, subject);
  if (found === null) throw notExported(exporter, claim, 'it has no such export');
  if (found.token_req === true) verifyActivation(claim, importer, exporter, found, now);
  const position = found.account_token_position ?? 0;
  if (position > 0 && tokenize(subject)[position - 1] !== importer) {
    throw notExported(exporter, claim, `token ${position} must be the importing account's id`);
  }
  return found;
}

/** The most specific export that covers the subject, null where none does. */
export function decidingExport(exports: readonly Export[], type: ExportType, subject: string): Export | null {
  let best: Export | null = null;
  for (const each of exports) {
    if (each.type !== type || !isSubset(subject, each.subject)) continue;
    if (best === null || isSubset(each.subject, best.subject)) best = each;
  }
  return best;
}

function notExported({ claims }: VerifiedAccount, claim: Import, why: string): NatsctlError {
  return new NatsctlError(
    'ERR_IMPORT_NOT_EXPORTED',
    `account ${claims.sub} does not export the ${claim.type} "${claim.subject}" to this account: ${why}`,
    { hint: 'ask the exporting account to export it, or correct the import', details: { account: claims.sub } },
  );
}
