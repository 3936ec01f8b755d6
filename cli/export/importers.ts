import { isSubset } from '../../claims/subject/match.js';
import type { Export, Import } from '../../claims/types.js';
import { listAccounts, type StoredAccount, withoutDamaged } from '../store/store.js';
import type { Workspace } from '../workspace.js';

export interface Importer {
  account: StoredAccount;
  import: Import;
}

/** Imports of this store's accounts that one account's export serves. */
export async function importersOf(
  { store }: Workspace,
  exporter: string,
  exported: Pick<Export, 'subject' | 'type'>,
): Promise<Importer[]> {
  return (await importersOfAccount(store, exporter)).filter(({ import: one }) => {
    const remote = remoteSubject(one);
    return one.type === exported.type && (remote === exported.subject || isSubset(remote, exported.subject));
  });
}

/** Every import of this store's accounts from one account. */
export async function importersOfAccount(store: Workspace['store'], exporter: string): Promise<Importer[]> {
  return withoutDamaged(await listAccounts(store)).flatMap((account) =>
    account.jwt.claims.nats.imports.filter((one) => one.account === exporter).map((one) => ({ account, import: one })),
  );
}

/** The exporter's subject, in the current form and in the deprecated one of services. */
export function remoteSubject(one: Import): string {
  return one.type === 'service' && one.to ? one.to : one.subject;
}
