import type { AccountLimits, ConnectionType, Export, Import, Permissions, WeightedMapping } from '../claims/types.js';

/** What a broker without operators is told of its users and accounts: the shapes that the config reader produces. */
export interface Authorization {
  /** One user for all; with `password`. */
  user?: string;
  /** Plain, or a bcrypt hash. */
  password?: string;
  /** Plain, or a bcrypt hash. */
  token?: string;
  /** In the global account `$G`, unless they name another one. */
  users?: ConfigUser[];
  /** Time for CONNECT to arrive, and for an auth callout to be answered. */
  timeoutMs?: number;
  /** Of `users` that have no permissions. */
  defaultPermissions?: Permissions;
  callout?: CalloutOptions;
  /** The token or the single user is taken only through a trusted proxy. */
  proxyRequired?: boolean;
}

/** Auth callout of a broker without operators (nats-server `authorization { auth_callout {} }`). */
export interface CalloutOptions {
  /** Public account key whose seed signs the answers. */
  issuer: string;
  /** Default `$G`. */
  account?: string;
  /** Names or public keys of users that are not sent to the callout: the service's own. */
  authUsers: string[];
  /** Public curve key of the service: requests are sealed to it. */
  xkey?: string;
  /** Accounts whose users are sent to the callout; empty = all. */
  allowedAccounts?: string[];
}

/** Known by a name and password, by a certificate, or by the key that signs the nonce. */
export interface ConfigUser {
  user?: string;
  /** Plain, or a bcrypt hash. */
  password?: string;
  /** Public user key. */
  nkey?: string;
  /** Default: the account it stands in, or `$G`. */
  account?: string;
  permissions?: Permissions;
  allowedConnectionTypes?: (ConnectionType | string)[];
  proxyRequired?: boolean;
}

/** An export with the accounts that may import it; without the list, all may. */
export type ConfigExport = Pick<Export, 'subject' | 'type'> & Partial<Export> & { accounts?: string[] };

export interface ConfigAccount {
  users?: ConfigUser[];
  exports?: ConfigExport[];
  /** `account` is the name of the exporting one. */
  imports?: Import[];
  /** What is left out is not limited. */
  limits?: Partial<AccountLimits>;
  mappings?: Map<string, WeightedMapping[]> | Record<string, WeightedMapping[]>;
  /** Of users that have none of their own. */
  defaultPermissions?: Permissions;
}
