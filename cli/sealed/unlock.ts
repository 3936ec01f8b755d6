import { askedSecret, canAsk } from '../prompt.js';
import { sealedError } from './errors.js';
import { fits, type KeystoreHeader, readHeader, type Unwrapped, unwrap } from './header.js';
import { passphraseOfFile } from './passphrase.js';

/** Data keys of this process, by the header they came from: what unlocks a keystore is asked for once a command. */
const unlocked = new Map<string, Promise<Buffer>>();

/** The keystore's header and data key; null where it is not encrypted. @throws ERR_KEYSTORE_LOCKED, ERR_PASSPHRASE_WRONG */
export async function unlock(keystore: string, passphraseFile?: string): Promise<Unwrapped | null> {
  const header = await readHeader(keystore);
  return header === null ? null : unlockHeader(header, keystore, passphraseFile);
}

export async function unlockHeader(
  header: KeystoreHeader,
  keystore: string,
  passphraseFile?: string,
): Promise<Unwrapped> {
  const known = unlocked.get(header.id);
  const key = known ?? obtain(header, keystore, passphraseFile);
  if (known === undefined) {
    unlocked.set(header.id, key);
    key.catch(() => unlocked.delete(header.id));
  }
  const dataKey = await key;
  if (fits(header, dataKey)) return { header, dataKey };
  unlocked.delete(header.id);
  throw sealedError('ERR_KEYSTORE_LOCKED', `the key of ${keystore} is not the one its header names`);
}

/** For whoever has the passphrase already. */
export function remember({ header, dataKey }: Unwrapped): void {
  unlocked.set(header.id, Promise.resolve(dataKey));
}

/** Before a lock that others wait for is taken: a question is answered in a person's time. */
export async function unlockByQuestion(keystore: string): Promise<void> {
  if (canAsk()) await unlock(keystore);
}

/** In this order: the passphrase file, the agent, a question. */
async function obtain(header: KeystoreHeader, keystore: string, passphraseFile?: string): Promise<Buffer> {
  const file = passphraseFile ?? process.env.NATSCTL_PASSPHRASE_FILE;
  if (file) return unwrap(header, await passphraseOfFile(file));
  const { agentKey } = await import('../agent/client.js');
  const held = await agentKey(keystore, header.id);
  if (held !== null && fits(header, held)) return held;
  if (canAsk()) return unwrap(header, await askedSecret(`Passphrase of the keystore ${keystore}`));
  throw sealedError('ERR_KEYSTORE_LOCKED', `the seeds in ${keystore} are encrypted, and there is no passphrase`, {
    hint: 'run `natsctl keys agent` on a terminal, or name a private file (mode 600) that holds the passphrase in NATSCTL_PASSPHRASE_FILE',
    details: { keystore },
  });
}

/** Forgets what this process unlocked. */
export async function forget(): Promise<void> {
  const keys = [...unlocked.values()];
  unlocked.clear();
  for (const key of keys) (await key.catch(() => null))?.fill(0);
}
