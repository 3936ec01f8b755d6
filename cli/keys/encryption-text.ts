import { safeText } from '../output/safe-text.js';
import type { Encryption } from './encrypt.js';

/** For people: how many seeds, and each that could not be read. */
export function encryptionText(
  { keys, keystore, dryRun, credsFiles }: Encryption,
  done: 'encrypted' | 'decrypted',
): string {
  const count = (result: string) => keys.filter((one) => one.result === result).length;
  const already = count('already');
  const lines = [
    `${count(done)} seeds ${dryRun ? 'would be' : 'are'} ${done} in ${keystore}${already > 0 ? `, ${already} were already` : ''}`,
  ];
  const removed = credsFiles.removed.length;
  if (removed > 0) lines.push(`${removed} creds files ${dryRun ? 'would be' : 'are'} removed`);
  for (const { message, result } of keys) if (result === 'unreadable') lines.push(`unreadable: ${message ?? ''}`);
  return lines.map((line) => `${safeText(line)}\n`).join('');
}

/** What another store of the keystore has yet to do before this holds for all of it. */
export function unfinishedNotes({ unfinished, dryRun }: Encryption): string[] {
  if (dryRun) return [];
  return unfinished.map((file) => {
    return safeText(
      `${file} holds a change of another store that was not completed, with its seeds as they were: run any command on that store, then this one again`,
    );
  });
}
