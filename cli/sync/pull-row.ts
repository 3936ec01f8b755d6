import type { Difference } from '../change/difference.js';
import type { Preference } from './reconcile.js';
import type { RemoteOptions } from './remote-options.js';

export interface LearnedRevocation {
  /** User key or `*`. */
  user: string;
  /** Where this store has the user. */
  name: string | null;
  revokedAt: number;
}

export interface PullRow {
  account: string | null;
  name: string;
  /**
   * `kept`: there are local changes to push; `merged`: both had changed, and the result is to be pushed; `absent`: it is not
   * held there; `pruned`: for that it was removed here; `conflict` and `refused`: nothing was changed. With `--dry-run` what
   * would be.
   */
  result: 'unchanged' | 'updated' | 'added' | 'merged' | 'kept' | 'absent' | 'pruned' | 'conflict' | 'refused';
  /** Users revoked on the other side since. */
  revoked: LearnedRevocation[];
  /** With `--dry-run`: what would change here, claim by claim. */
  differences?: Difference[];
  conflicts?: { path: string; ours: unknown; theirs: unknown }[];
  code?: string;
  message?: string;
  hint?: string;
}

export interface PullOptions extends RemoteOptions {
  /** Names or public keys; keys may be new to this store. None = every local account, and over NATS every one there. */
  accounts?: string[] | undefined;
  prefer?: Preference;
  /** Take what is there also where this store has something newer. */
  force?: boolean | undefined;
  dryRun?: boolean | undefined;
  /** Remove accounts here that were there once and are gone. */
  prune?: Prune | undefined;
}

export interface Prune {
  /** Throws where it is not to be done. Not called for a dry run. */
  confirm: (accounts: { account: string; name: string }[]) => Promise<void>;
}
