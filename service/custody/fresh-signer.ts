import type { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';

/** Of a key that a change has made and is about to keep. Who made it wipes it: what signs afterwards is in custody, sealed. */
export function freshSigner(seed: Seed): Signer {
  return seedSigner(seed);
}
