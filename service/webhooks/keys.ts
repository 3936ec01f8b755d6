/**
 * Keys that requests to a hook are signed with, as Standard Webhooks has them (spec/standard-webhooks.md, "Signature scheme"):
 * HMAC-SHA256 under a secret the receiver has too, or Ed25519 where the receiver needs to know the public key alone.
 */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { Webhook } from '../../prisma/generated/client.js';
import type { Custody } from '../custody/custody.js';

export type SignatureKind = 'hmac' | 'ed25519';

interface Key {
  kind: SignatureKind;
  /** Base64: the secret's bytes, or a PKCS #8 document. */
  secret: string;
  /** Unix seconds; absent = for good. */
  until?: number;
}

export interface MadeKeys {
  sealedKeys: Uint8Array<ArrayBuffer>;
  /** `whpk_...` of an Ed25519 key. */
  publicKey: string | null;
  /** `whsec_...`, to be shown once; an Ed25519 key is never shown. */
  secret: string | null;
}

/** The specification's bounds are 24 and 64. */
const SECRET_BYTES = 32;
/** Keys that sign at one time, and so the length of the header. */
const MAX_KEYS = 4;
const RAW_PUBLIC_KEY = 32;

type Owned = Pick<Webhook, 'id' | 'operatorKey' | 'accountKey'>;

/** A new key. Those before it sign along for a while, so that receivers can change over. */
export async function makeKeys(
  custody: Custody,
  hook: Owned & Partial<Pick<Webhook, 'sealedKeys'>>,
  kind: SignatureKind,
  { now, overlap }: { now: number; overlap: number },
): Promise<MadeKeys> {
  const before = hook.sealedKeys ? await openKeys(custody, { ...hook, sealedKeys: hook.sealedKeys }) : [];
  const kept = before
    .map((key) => ({ ...key, until: Math.min(key.until ?? Number.MAX_SAFE_INTEGER, now + overlap) }))
    .filter(({ until }) => until > now);
  const { key, publicKey, secret } = newKey(kind);
  const text = Buffer.from(JSON.stringify([key, ...kept].slice(0, MAX_KEYS)));
  const sealedKeys = await custody.seal(sealedFor(hook), text).finally(() => text.fill(0));
  return { sealedKeys, publicKey, secret };
}

/** The `webhook-signature` header: one signature of each key that holds at this time. */
export async function signatures(
  custody: Custody,
  hook: Owned & Pick<Webhook, 'sealedKeys'>,
  content: string,
  now: number,
): Promise<string> {
  const keys = await openKeys(custody, hook);
  return keys
    .filter(({ until }) => until === undefined || until > now)
    .map(({ kind, secret }) => {
      const bytes = Buffer.from(secret, 'base64');
      if (kind === 'hmac') return `v1,${createHmac('sha256', bytes).update(content).digest('base64')}`;
      const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
      return `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
    })
    .join(' ');
}

function newKey(kind: SignatureKind): { key: Key; publicKey: string | null; secret: string | null } {
  if (kind === 'hmac') {
    const secret = randomBytes(SECRET_BYTES).toString('base64');
    return { key: { kind, secret }, publicKey: null, secret: `whsec_${secret}` };
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    key: { kind, secret },
    publicKey: `whpk_${spki.subarray(-RAW_PUBLIC_KEY).toString('base64')}`,
    secret: null,
  };
}

async function openKeys(custody: Custody, hook: Owned & Pick<Webhook, 'sealedKeys'>): Promise<Key[]> {
  const text = await custody.unseal(sealedFor(hook), hook.sealedKeys);
  try {
    return JSON.parse(text.toString('utf8')) as Key[];
  } finally {
    text.fill(0);
  }
}

function sealedFor({ id, operatorKey, accountKey }: Owned) {
  return { kind: 'webhook-keys', id, owner: accountKey ?? operatorKey ?? '' };
}
