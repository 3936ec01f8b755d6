import { open, seal } from '../../claims/keys/curve.js';
import type { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { verifySignature } from '../../claims/keys/verify.js';
import { cliError } from '../errors.js';

/** The signature of data as base64url, as the `nk` tool and `nats auth nkey sign` print it. */
export async function signData(seed: Seed, data: Uint8Array): Promise<string> {
  if (seed.kind === 'curve') {
    throw cliError('ERR_KEY_USE', `${seed.publicKey} is a curve key, which seals and does not sign`);
  }
  return Buffer.from(await seedSigner(seed).sign(data)).toString('base64url');
}

/** @throws ERR_SIGNATURE_INVALID where the data was not signed so by this key. */
export function verifyData(publicKey: string, data: Uint8Array, signature: string): void {
  const text = signature.trim();
  const bytes = /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : null;
  if (bytes !== null && bytes.length === 64 && verifySignature(publicKey, data, bytes)) return;
  throw cliError('ERR_SIGNATURE_INVALID', `the data is not signed so by ${publicKey}`, {
    hint: 'the data, the signature or the key is another one',
    details: { key: publicKey },
  });
}

/** What only the recipient can open: base64 unless `raw`, as `nats auth nkey seal` writes it. */
export function sealData(seed: Seed, recipient: string, data: Uint8Array, raw: boolean): Uint8Array {
  const sealed = seal(seed, recipient, data);
  return raw ? sealed : Buffer.from(Buffer.from(sealed).toString('base64'));
}

export function unsealData(seed: Seed, sender: string, data: Uint8Array, raw: boolean): Uint8Array {
  if (raw) return open(seed, sender, data);
  const text = Buffer.from(data).toString('latin1').trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw cliError('ERR_DATA_INVALID', 'the sealed data is no base64', { hint: 'give --no-b64 for raw bytes' });
  }
  return open(seed, sender, Buffer.from(text, 'base64'));
}
