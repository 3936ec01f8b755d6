import type { Export } from '../../claims/types.js';
import { remoteSubject } from '../export/importers.js';
import { safeText } from '../output/safe-text.js';
import { listAccounts, type StoredAccount, withoutDamaged } from '../store/store.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** An export that an account of this store could import. */
export interface Offer {
  source: StoredAccount;
  export: Export;
  /** For a list to choose from. */
  label: string;
}

/** What the other accounts of this store export and this one does not import yet. */
export async function offersTo(workspace: Workspace, nameOrKey: string | undefined): Promise<Offer[]> {
  const { claims } = (await chooseAccount(workspace, nameOrKey)).jwt;
  const accounts = withoutDamaged(await listAccounts(workspace.store));
  return accounts
    .filter((source) => source.jwt.claims.sub !== claims.sub)
    .flatMap((source) =>
      source.jwt.claims.nats.exports
        .filter((one) => !isImported(source, one))
        .map((one) => ({ source, export: one, label: labelOf(source, one) })),
    );

  function isImported(source: StoredAccount, exported: Export): boolean {
    return claims.nats.imports.some(
      (one) =>
        one.account === source.jwt.claims.sub && one.type === exported.type && remoteSubject(one) === exported.subject,
    );
  }
}

function labelOf({ name }: StoredAccount, { subject, type, token_req }: Export): string {
  return safeText(`${name}: ${subject} (${token_req ? 'private ' : ''}${type})`);
}
