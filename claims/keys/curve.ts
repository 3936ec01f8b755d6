/**
 * xkeys: sealing to one recipient, format `xkv1` (X25519, XSalsa20-Poly1305), as auth callout uses it. The box itself is nkeys.js's;
 * recipient and sender pass our parser first, so that no weak point reaches it.
 */
import { fromCurveSeed } from '@nats-io/nkeys';
import { NatsctlError } from '../errors.js';
import { decodePublicKey, type KeyErrorCode } from './nkey.js';
import type { Seed } from './seed.js';

/** Only `recipient` (with this sender's public key) can open what comes out. */
export function seal(seed: Seed, recipient: string, data: Uint8Array): Uint8Array {
  decodePublicKey(recipient, 'curve');
  return withPair(seed, (pair) => pair.seal(data, recipient));
}

/** @throws NatsctlError ERR_XKEY_OPEN where the box was not sealed by `sender` to this seed, or was changed. */
export function open(seed: Seed, sender: string, sealed: Uint8Array): Uint8Array {
  decodePublicKey(sender, 'curve');
  const opened = withPair(seed, (pair) => {
    try {
      return pair.open(sealed, sender);
    } catch {
      return null;
    }
  });
  if (opened === null) {
    throw new NatsctlError<KeyErrorCode>(
      'ERR_XKEY_OPEN',
      `the data was not sealed by ${sender} for ${seed.publicKey}, or was changed`,
    );
  }
  return opened;
}

function withPair<T>(seed: Seed, use: (pair: ReturnType<typeof fromCurveSeed>) => T): T {
  if (seed.kind !== 'curve') {
    throw new NatsctlError<KeyErrorCode>(
      'ERR_SEED_KIND',
      `${seed.publicKey} is not a curve key: only curve keys seal and open`,
    );
  }
  const text = new TextEncoder().encode(seed.reveal());
  const pair = fromCurveSeed(text);
  try {
    return use(pair);
  } finally {
    pair.clear();
    text.fill(0);
  }
}
