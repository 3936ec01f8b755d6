import { createPublicKey, verify } from 'node:crypto';

/** How long the audit was and what its last entry hashed to, signed by the service: proof to keep elsewhere. */
export interface Checkpoint {
  seq: number;
  hash: string;
  /** Base64url of the raw Ed25519 key. */
  publicKey: string;
  /** Base64url. */
  signature: string;
}

/** What is signed. */
export function checkpointStatement({ seq, hash }: Pick<Checkpoint, 'seq' | 'hash'>): Buffer {
  return Buffer.from(`natsctl audit 1\n${seq}\n${hash}\n`);
}

export function isSignedBy(checkpoint: Checkpoint, publicKey: string): boolean {
  if (checkpoint.publicKey !== publicKey) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, checkpointStatement(checkpoint), key, Buffer.from(checkpoint.signature, 'base64url'));
  } catch {
    return false;
  }
}

/** A checkpoint as it was handed out; null for anything else. */
export function parseCheckpoint(text: string): Checkpoint | null {
  try {
    return checkpointOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** As `parseCheckpoint`, of what was read already. */
export function checkpointOf(value: unknown): Checkpoint | null {
  if (typeof value !== 'object' || value === null) return null;
  const { seq, hash, publicKey, signature } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(seq) || typeof hash !== 'string') return null;
  if (typeof publicKey !== 'string' || typeof signature !== 'string') return null;
  return { seq: seq as number, hash, publicKey, signature };
}
