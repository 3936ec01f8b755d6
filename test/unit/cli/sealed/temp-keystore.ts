import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { newKdf } from '../../../../cli/sealed/kdf.js';
import { forget } from '../../../../cli/sealed/unlock.js';
import { tempDir } from '../temp.js';

export const PASSPHRASE = 'correct horse battery';

/** The least that is read: 16 MiB and some 50 ms instead of eight times as much. */
export const cheapKdf = () => newKdf({ N: 2 ** 14, r: 8, p: 1 });

export function passphraseFile(passphrase = PASSPHRASE): string {
  const file = path.join(tempDir(), 'passphrase');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  return file;
}

/** As a new process: nothing is unlocked, and this is where the passphrase is (null: nowhere). */
export async function freshProcess(file: string | null): Promise<void> {
  await forget();
  const before = process.env.NATSCTL_PASSPHRASE_FILE;
  if (file === null) delete process.env.NATSCTL_PASSPHRASE_FILE;
  else process.env.NATSCTL_PASSPHRASE_FILE = file;
  onTestFinished(async () => {
    await forget();
    if (before === undefined) delete process.env.NATSCTL_PASSPHRASE_FILE;
    else process.env.NATSCTL_PASSPHRASE_FILE = before;
  });
}
