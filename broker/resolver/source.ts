/** Where account JWTs come from. What it gives is not judged yet. */
export interface AccountSource {
  readonly kind: 'url' | 'memory' | 'full' | 'cache';
  /** Throws when accounts cannot be had from there. */
  probe(): Promise<void>;
  /** Null = there is no such account. Throws when it could not be asked. */
  fetch(id: string): Promise<string | null>;
  /** Where this process keeps accounts itself. */
  readonly store?: AccountStore;
  /** Asks others for what the store does not have; given once there is a system account to ask in. */
  askElsewhere?(lookup: (id: string, timeoutMs: number) => Promise<string | null>): void;
  close(): void;
}

/** Accounts that this process keeps, for itself and for others who ask in the system account. */
export interface AccountStore {
  /** What is held here, without asking anybody else. */
  read(id: string): Promise<string | null>;
  /** Keeps a verified JWT; resolved once it will be there after a crash. @throws ERR_ACCOUNT_STORE_FULL */
  keep(id: string, token: string): Promise<void>;
  /** Lets an account go. @throws ERR_ACCOUNT_DELETE_DISABLED */
  drop(id: string): Promise<void>;
  /** @throws ERR_ACCOUNT_DELETE_DISABLED where accounts are not let go on request */
  checkDelete(): void;
  /** Ids of the accounts whose JWT has not expired. */
  ids(now: number): string[];
  /** SHA-256 of every JWT that has not expired, XORed: the same in any order (nats-server DirJWTStore.Hash). */
  hash(now: number): Buffer;
  /** Looks again at what may have been changed by others; the ids of what is new or different. */
  rescan(): Promise<string[]>;
}
