import { addRevocation, type RevocationChanged } from '../revocation/change.js';
import type { Workspace } from '../workspace.js';

export interface WantedRevocation {
  /** A name, a user key, or `*`. */
  user: string;
  account?: string | undefined;
  /** Revoke a key that this store has never seen. */
  unlisted: boolean;
  key?: string | undefined;
  dryRun?: boolean | undefined;
}

/** Makes every JWT void that a user was given until now: written into the account's JWT, it holds where that is pushed. */
export function revokeUser(
  workspace: Workspace,
  { key, dryRun, ...wanted }: WantedRevocation,
): Promise<RevocationChanged> {
  return addRevocation(workspace, wanted, { key, dryRun });
}
