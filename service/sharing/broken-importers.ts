/** Who loses what he imports by a change of the exporting account. */
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { allowingExport } from '../../claims/trust/export.js';
import type { AccountClaims, Import } from '../../claims/types.js';
import type { ServiceErrorCode } from '../errors.js';
import { readAccounts } from '../push/cross-checks.js';
import type { Queries } from '../store/open.js';
import { remoteSubject } from './share-id.js';

/** Named one by one up to here; the rest is counted. */
const MAX_NAMED = 20;
const PAGE = 100;

export interface ExportChange {
  before: AccountClaims;
  after: VerifiedAccount;
  /** Unix seconds. */
  now: number;
  /** Whether whoever asks may know of that account. */
  mayName(account: string): boolean;
}

/** @throws NatsctlError ERR_EXPORT_IN_USE, with the imports that work now and would not any more */
export async function refuseBrokenImporters(tx: Queries, change: ExportChange): Promise<void> {
  const issues: { path: string; message: string }[] = [];
  let broken = 0;
  for (let from = ''; ; ) {
    const rows = await tx.accountImport.findMany({
      where: { exporterKey: change.before.sub, importerKey: { gt: from } },
      orderBy: { importerKey: 'asc' },
      take: PAGE,
    });
    const importers = await readAccounts(
      tx,
      rows.map(({ importerKey }) => importerKey),
    );
    for (const { claims: importer } of importers) {
      for (const claim of importer.nats.imports.filter((one) => breaks(one, importer.sub, change))) {
        if (++broken <= MAX_NAMED) issues.push(told(importer, claim, change));
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    from = last.importerKey;
  }
  if (broken === 0) return;
  if (broken > MAX_NAMED) issues.push({ path: '', message: `and ${broken - MAX_NAMED} more imports` });
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_EXPORT_IN_USE',
    `${broken === 1 ? 'one import' : `${broken} imports`} of other accounts would no longer work`,
    { hint: 'have them changed first, or ask again with force=true', details: { issues } },
  );
}

function breaks(claim: Import, importer: string, { before, after, now }: ExportChange): boolean {
  if (claim.account !== before.sub) return false;
  const works = (claims: AccountClaims) => {
    try {
      allowingExport({ ...after, claims }, importer, claim, remoteSubject(claim), now);
      return true;
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      return false;
    }
  };
  return works(before) && !works(after.claims);
}

function told(importer: AccountClaims, claim: Import, { mayName }: ExportChange) {
  const named = mayName(importer.sub);
  const who = named ? `account ${importer.name ?? importer.sub}` : 'another account';
  return {
    path: named ? `/accounts/${importer.sub}` : '',
    message: `${who} imports the ${claim.type} ${JSON.stringify(remoteSubject(claim))}`,
  };
}
