/** A signing key that is to come into a JWT: made here, in Transit, or kept by somebody else. */
import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import type { Custody, RemoteKey } from '../custody/custody.js';
import type { TransitReference } from '../custody/vault/transit-signer.js';
import type { ServiceErrorCode } from '../errors.js';

export interface WantedKey {
  /** Of a key kept elsewhere. */
  publicKey?: string;
  remoteKey?: TransitReference;
}

export interface NewKey {
  publicKey: string;
  /** What custody is to keep; null where the key is elsewhere. */
  keep: Seed | RemoteKey | null;
  /** Made here: lost with a change that is signed elsewhere. */
  made: boolean;
}

/** Without either of the two a key is made. Outside any transaction: Transit is asked. */
export async function newKey(custody: Custody, kind: 'operator' | 'account', wanted: WantedKey): Promise<NewKey> {
  const { publicKey, remoteKey } = wanted;
  if (publicKey !== undefined && remoteKey) {
    throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', 'this is one key', {
      hint: 'give publicKey, or remoteKey, or neither to have one made',
    });
  }
  if (publicKey !== undefined) return { publicKey: decodePublicKey(publicKey, kind).text, keep: null, made: false };
  const remote = remoteKey && (await custody.findRemote(kind, remoteKey));
  const keep = remote ?? Seed.generate(kind);
  return { publicKey: keep.publicKey, keep, made: remote === undefined };
}

export function wipe({ keep }: NewKey): void {
  if (keep instanceof Seed) keep.wipe();
}

export function signingKeyExists(publicKey: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_SIGNING_KEY_EXISTS', `${publicKey} is a key of it already`, {
    hint: 'give another key',
  });
}

export function signingKeyUnknown(publicKey: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_SIGNING_KEY_UNKNOWN', `${publicKey} is no signing key of it`);
}
