/** A data key as it stands in a blob, and which master key it takes to open it. */
export interface WrappedKey {
  /** Such as `local:0f1e2d3c4b5a6978` or `transit:transit/natsctl:v3`. No secret. */
  keyId: string;
  bytes: Uint8Array;
}

/**
 * What data keys are wrapped under: a key held here, one held by Vault or OpenBao, or several of them (`keyring`), of which the
 * newest wraps and all unwrap. Whoever has one can open everything sealed under it, so nothing here gives it out.
 */
export interface MasterKey {
  /** The id that `wrap` gives now; a key that is rotated elsewhere has another one afterwards. */
  currentId(): Promise<string>;
  wrap(dataKey: Uint8Array): Promise<WrappedKey>;
  /** @throws an Error that says why, for the caller to put in its own words; NatsctlError where the key cannot be asked. */
  unwrap(wrapped: WrappedKey): Promise<Buffer>;
  /** True where this key, in some version of it, has that id. */
  has(keyId: string): boolean;
  /** The keys that a blob of format 1 with this salt may be sealed under (seal-1.ts); they are derived from local keys only. */
  format1Keys(salt: Uint8Array): Uint8Array[];
  /** Forgets the key. */
  close(): void;
}

/** AES-256. */
export const KEY_BYTES = 32;
