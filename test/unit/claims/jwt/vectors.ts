import { readFileSync } from 'node:fs';
import { Seed } from '../../../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../../../claims/keys/signer.js';
import type { ClaimKind } from '../../../../claims/types.js';

/** A token made by Go's jwt library; see test/vectors/README.md. */
export interface Vector {
  name: string;
  kind: ClaimKind;
  version: 1 | 2;
  /** Name of its signer's seed. */
  signer: string;
  token: string;
  /** Does Go's validation find a blocking issue? */
  blocking: boolean;
  hash_id?: string;
  /** For v1: what jwt v2 writes when it signs the token again. */
  migrated?: string;
}

const file = JSON.parse(readFileSync(new URL('../../../vectors/jwt-v2.json', import.meta.url), 'utf8')) as {
  seeds: Record<string, string>;
  tokens: Vector[];
};

export const vectors: Vector[] = file.tokens;

export function testSeed(name: string): Seed {
  return Seed.parse(file.seeds[name] as string);
}

export function testSigner(name: string): Signer {
  return seedSigner(testSeed(name));
}

export function payloadOf(token: string): string {
  return Buffer.from(token.split('.')[1] as string, 'base64url').toString('utf8');
}
