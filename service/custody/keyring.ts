import type { MasterKey } from './master-key.js';

/** Several master keys as one, newest first: that one wraps, and what any of them wrapped is unwrapped. */
export function keyring(keys: [MasterKey, ...MasterKey[]]): MasterKey {
  const [newest] = keys;
  return {
    currentId: () => newest.currentId(),
    wrap: (dataKey) => newest.wrap(dataKey),
    async unwrap(wrapped) {
      const holder = keys.find((key) => key.has(wrapped.keyId));
      if (!holder) throw new Error('sealed under a master key that is not given');
      return holder.unwrap(wrapped);
    },
    has: (keyId) => keys.some((key) => key.has(keyId)),
    format1Keys: (salt) => keys.flatMap((key) => key.format1Keys(salt)),
    close: () => {
      for (const key of keys) key.close();
    },
  };
}
