import { randomBytes } from 'node:crypto';
import { NatsctlError } from '../../../claims/errors.js';
import { decodePublicKey, encodePublicKey, type KeyKind } from '../../../claims/keys/nkey.js';
import type { Signer } from '../../../claims/keys/signer.js';
import { verifySignature } from '../../../claims/keys/verify.js';
import type { ServiceErrorCode } from '../../errors.js';
import { decodeBase64 } from './base64.js';
import { checkTransitKey, type TransitKeyName } from './key-name.js';
import { isObject, type Vault } from './vault.js';

/** An ed25519 key of a Transit engine. An nkey is one key pair, so it is one version: rotating the key there changes nothing here. */
export interface TransitReference extends TransitKeyName {
  provider: 'transit';
  version: number;
}

const MAX_VERSION = 1_000_000;

/** Checks the form of a reference that comes from outside, and keeps what belongs to one. */
export function checkReference({ provider, mount, name, version }: TransitReference): TransitReference {
  const key = checkTransitKey({ mount, name });
  if (provider === 'transit' && Number.isInteger(version) && version >= 1 && version <= MAX_VERSION) {
    return { provider, ...key, version };
  }
  throw unusable(key, 'is named without one of its versions', 'name one version, such as 1');
}

/** Signs by `transit/sign`. What comes back is used only if it is this key's signature over these bytes. */
export function transitSigner(vault: Vault, publicKey: string, reference: TransitReference): Signer {
  const { mount, name, version } = reference;
  return {
    publicKey,
    async sign(data) {
      const { signature } = await vault.ask({
        method: 'POST',
        path: [...mount.split('/'), 'sign', name],
        body: { input: Buffer.from(data).toString('base64'), key_version: version },
        code: 'ERR_SIGNER_REMOTE',
      });
      const bytes = signatureBytes(signature, version);
      if (bytes && verifySignature(publicKey, data, bytes)) return bytes;
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_SIGNER_REMOTE',
        `what the Transit key ${mount}/${name} answers is no signature of ${publicKey}`,
        {
          hint: `check that version ${version} of it is still that key, and what stands between it and this service`,
          details: { mount, name, version, publicKey },
        },
      );
    },
  };
}

/**
 * The nkey of a Transit key, as it says itself, and proved by a signature over fresh bytes: a key that this service's token may
 * read but not sign with is refused now, not at the first change.
 */
export async function transitPublicKey(vault: Vault, kind: KeyKind, reference: TransitReference): Promise<string> {
  const { mount, name, version } = reference;
  const key = await vault.ask({ method: 'GET', path: [...mount.split('/'), 'keys', name], code: 'ERR_SIGNER_REMOTE' });
  if (key.type !== 'ed25519' || key.derived === true) {
    throw unusable(
      reference,
      'is not a plain ed25519 key',
      'make one by `bao write -f transit/keys/NAME type=ed25519`',
    );
  }
  const entry = isObject(key.keys) ? key.keys[String(version)] : undefined;
  const raw = isObject(entry) ? decodeBase64(entry.public_key) : null;
  if (raw?.length !== 32) throw unusable(reference, `has no version ${version}`, 'name one of its versions');
  const publicKey = decodePublicKey(encodePublicKey(kind, raw), kind).text;
  // No JWT begins so: its signing input is two base64url texts with a dot between.
  const challenge = Buffer.concat([Buffer.from('natsctl: is this key yours?\0'), randomBytes(32)]);
  await transitSigner(vault, publicKey, reference).sign(challenge);
  return publicKey;
}

/** `vault:v1:` and base64 of the 64 bytes, of the version that was asked. */
function signatureBytes(signature: unknown, version: number): Uint8Array | null {
  const prefix = `vault:v${version}:`;
  if (typeof signature !== 'string' || !signature.startsWith(prefix)) return null;
  return decodeBase64(signature.slice(prefix.length));
}

function unusable({ mount, name }: TransitKeyName, what: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_REMOTE_KEY', `the Transit key ${mount}/${name} ${what}`, {
    hint,
    details: { mount, name },
  });
}
