import { timingSafeEqual } from 'node:crypto';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import type { ServiceErrorCode } from '../../errors.js';
import { KEY_BYTES, type MasterKey, type WrappedKey } from '../master-key.js';
import { decodeBase64 } from './base64.js';
import type { TransitKeyName } from './key-name.js';
import type { Vault } from './vault.js';

/** What Transit gives (developer.hashicorp.com/vault/api-docs/secret/transit): `vault:v3:` and base64, the nonce in front. */
const CIPHERTEXT = /^vault:(v[1-9]\d{0,5}):([A-Za-z0-9+/]{40,500}={0,2})$/;
const CODE = 'ERR_MASTER_KEY_REMOTE';

/** A master key of type aes256-gcm96 in the Transit engine: it never leaves there, and each data key is one request. */
export function transitMasterKey(vault: Vault, { mount, name }: TransitKeyName): MasterKey {
  const prefix = `transit:${mount}/${name}:`;

  const unwrap = async ({ keyId, bytes }: WrappedKey): Promise<Buffer> => {
    const ciphertext = Buffer.from(bytes).toString('latin1');
    if (keyId !== `${prefix}${versionOf(ciphertext)}`) throw new Error('not wrapped under this version');
    const { plaintext } = await vault
      .ask({ method: 'POST', path: [...mount.split('/'), 'decrypt', name], body: { ciphertext }, code: CODE })
      .catch((error: unknown) => {
        // 400 is Transit's word on the ciphertext, not on the way to it.
        if (isNatsctlError(error) && error.details.status === 400) throw new Error(error.message, { cause: error });
        throw error;
      });
    const dataKey = decodeBase64(plaintext);
    if (dataKey?.length !== KEY_BYTES) throw new Error('Transit answers with something that is no data key');
    return dataKey;
  };

  const wrap = async (dataKey: Uint8Array): Promise<WrappedKey> => {
    const plaintext = Buffer.from(dataKey).toString('base64');
    const path = [...mount.split('/'), 'encrypt', name];
    const { ciphertext } = await vault.ask({ method: 'POST', path, body: { plaintext }, code: CODE });
    const version = versionOf(ciphertext);
    if (version === null) throw unusable('with something that is no ciphertext');
    const wrapped = { keyId: prefix + version, bytes: Buffer.from(String(ciphertext), 'latin1') };
    // What is sealed now and cannot be opened later is lost; so it is opened before anything depends on it.
    const back = await unwrap(wrapped).catch((error: unknown) => {
      if (isNatsctlError(error)) throw error;
      throw unusable('with a ciphertext that does not open again');
    });
    const same = timingSafeEqual(back, dataKey);
    back.fill(0);
    if (!same) throw unusable('with a ciphertext of something else');
    return wrapped;
  };

  const unusable = (what: string) =>
    new NatsctlError<ServiceErrorCode>(CODE, `the Transit key ${mount}/${name} answers ${what}`, {
      hint: 'check that it is of type aes256-gcm96, and what stands between it and this service',
      details: { mount, name },
    });

  return {
    currentId: async () => (await wrap(Buffer.alloc(KEY_BYTES))).keyId,
    wrap,
    unwrap,
    has: (keyId) => keyId.startsWith(prefix),
    format1Keys: () => [],
    close: () => {},
  };
}

function versionOf(ciphertext: unknown): string | null {
  const parts = typeof ciphertext === 'string' ? CIPHERTEXT.exec(ciphertext) : null;
  return parts?.[1] && decodeBase64(parts[2]) ? parts[1] : null;
}
