import { seal } from '../../claims/keys/curve.js';
import { Seed } from '../../claims/keys/seed.js';

/** A seed on its way to one recipient. */
export interface SealedExport {
  /** Curve public key that was made for this one export: who opens the box needs it. */
  sender: string;
  /** `xkv1`, as nkeys.js and nkeys.go open it; base64. */
  sealed: string;
}

/** Seals a seed to a curve public key, and wipes it. */
export function exportKey(secret: Buffer, recipient: string): SealedExport {
  const sender = Seed.generate('curve');
  try {
    return { sender: sender.publicKey, sealed: Buffer.from(seal(sender, recipient, secret)).toString('base64') };
  } finally {
    secret.fill(0);
    sender.wipe();
  }
}
