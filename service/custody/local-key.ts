import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { KEY_BYTES, type MasterKey } from './master-key.js';
import { format1Key } from './seal-1.js';

const NONCE = 12;
const TAG = 16;
const ID_BYTES = 8;

/**
 * A master key of 32 bytes held in this process. Data keys are wrapped by AES-256-GCM with a random nonce under a key derived
 * from it; NIST SP 800-38D (8.3) bounds that at 2^32 wraps, one for each key ever kept. Takes the bytes over: `close` wipes them.
 */
export function localMasterKey(master: Uint8Array): MasterKey {
  const wrappingKey = derive(master, 'natsctl wrap 2', KEY_BYTES);
  const id = `local:${derive(master, 'natsctl master key id', ID_BYTES).toString('hex')}`;
  return {
    currentId: async () => id,
    async wrap(dataKey) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', wrappingKey, nonce, { authTagLength: TAG });
      cipher.setAAD(Buffer.from(id));
      return { keyId: id, bytes: Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]) };
    },
    async unwrap({ keyId, bytes }) {
      if (keyId !== id || bytes.length !== NONCE + KEY_BYTES + TAG)
        throw new Error('not wrapped under this master key');
      const decipher = createDecipheriv('aes-256-gcm', wrappingKey, bytes.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(id));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]);
    },
    has: (keyId) => keyId === id,
    format1Keys: (salt) => [format1Key(master, salt)],
    close: () => {
      master.fill(0);
      wrappingKey.fill(0);
    },
  };
}

function derive(master: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', master, '', purpose, bytes));
}
