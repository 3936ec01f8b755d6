import type { NatsctlError } from '../../claims/errors.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import type { Connection } from '../connection/connection.js';
import type { Principal } from './principal.js';
import type { AuthSettings } from './settings.js';

/** One connection on its way to being somebody. */
export interface Attempt {
  readonly connection: Connection;
  /** What it is judged by. */
  readonly auth: AuthSettings;
  /** Unix seconds. */
  readonly now: number;
  /** It came through a proxy that proved itself. */
  proxied: boolean;
  /** The user JWT it stands on: its own or the sentinel. Its signature is checked, nothing else yet. */
  token: Decoded<UserClaims> | null;
  account: Account | null;
  user: Principal | null;
  /** Unix seconds at which the session must end; null = never. */
  expires: number | null;
  /** Why it is refused, unless an auth callout says otherwise. */
  refusal: NatsctlError | null;
}

/** Throws to refuse; what takes time gives a promise. */
export type Step = (attempt: Attempt) => void | Promise<void>;
