import type { ServedAccounts } from './accounts/served-accounts.js';
import type { AuditSigner } from './audit/checkpoint.js';
import type { Sessions } from './auth/sessions.js';
import type { AccessTokens } from './auth/tokens.js';
import type { Custody } from './custody/custody.js';
import type { CustodyMode } from './custody/modes.js';
import type { Events } from './events/events.js';
import type { Cursors } from './http/cursor.js';
import type { Links } from './link/links.js';
import type { Outbound } from './outbound/guard.js';
import type { ResignPolicy } from './push/resign.js';
import type { Store } from './store/open.js';
import type { KeyProofs } from './users/key-proofs.js';
import type { Webhooks } from './webhooks/sender.js';

/** What every route and operation works with. */
export interface Service {
  readonly store: Store;
  readonly custody: Custody;
  readonly audit: AuditSigner;
  readonly events: Events;
  readonly cursors: Cursors;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly keyProofs: KeyProofs;
  readonly links: Links;
  readonly accounts: ServedAccounts;
  /** To URLs that callers gave. */
  readonly outbound: Outbound;
  readonly webhooks: Webhooks;
  readonly policy: Policy;
  /** Unix seconds. */
  now(): number;
}

/** What whoever runs the service lets it do by itself. */
export interface Policy {
  /** When account JWTs are signed with the operator's key that their accounts signed themselves (service/push/resign.ts). */
  readonly resignSelfSigned: ResignPolicy;
  /** Seconds that a user JWT signed here lives at most; null = what policies of accounts say. */
  readonly maxUserTtl: number | null;
  /** Lets an admin of the operator have seeds of keys in custody, sealed to a key of theirs (service/custody/owned-keys.ts). */
  readonly keyExport: boolean;
  /** Which keys may be kept of an operator that comes to be served, where its adoption does not say. */
  readonly custody: CustodyMode;
}
