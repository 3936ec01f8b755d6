import type { AuditSigner } from './audit/checkpoint.js';
import type { Sessions } from './auth/sessions.js';
import type { AccessTokens } from './auth/tokens.js';
import type { Custody } from './custody/custody.js';
import type { Events } from './events/events.js';
import type { Links } from './link/links.js';
import type { Store } from './store/open.js';

/** What every route and operation works with. */
export interface Service {
  readonly store: Store;
  readonly custody: Custody;
  readonly audit: AuditSigner;
  readonly events: Events;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly links: Links;
  /** Unix seconds. */
  now(): number;
}
