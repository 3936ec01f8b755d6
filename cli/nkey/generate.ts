import type { KeyKind } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { usageError } from '../errors.js';
import { writeSeed } from '../store/keystore.js';
import { writeNewFile } from '../user/creds.js';

export interface GeneratedKey {
  kind: KeyKind;
  publicKey: string;
  /** Where the seed was put. */
  file: string | null;
  /** Only where it was asked to be shown. */
  seed?: string;
}

export interface WantedKeys {
  kinds: KeyKind[];
  output?: string | undefined;
  force: boolean;
  /** The keystore to keep them in. */
  keystore?: string | undefined;
  showSeed: boolean;
}

/** New keys. A seed that went nowhere would be lost, so there must be a place for it. */
export async function generateKeys(wanted: WantedKeys): Promise<GeneratedKey[]> {
  const { kinds, output, keystore, showSeed } = wanted;
  if (output === undefined && keystore === undefined && !showSeed) {
    throw usageError('where the seed goes is missing', 'give --output FILE, --save, or --show-seed');
  }
  if (output !== undefined && kinds.length > 1) throw usageError('--output takes one key', 'name one kind');
  const made: GeneratedKey[] = [];
  for (const kind of kinds) {
    const seed = Seed.generate(kind);
    let file: string | null = null;
    if (keystore !== undefined) file = await writeSeed(keystore, seed);
    if (output !== undefined) file = await writeNewFile(output, seed.reveal(), wanted.force);
    made.push({ kind, publicKey: seed.publicKey, file, ...(showSeed && { seed: seed.reveal() }) });
    seed.wipe();
  }
  return made;
}
