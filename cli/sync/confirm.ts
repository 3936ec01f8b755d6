import process from 'node:process';
import { confirmByCount } from '../delete/confirm.js';
import { safeText } from '../output/safe-text.js';

/** Lists what is to go, on stderr, and has the number of it written. @param where `from the servers`, `here` */
export async function confirmRemoval(
  where: string,
  accounts: { account: string; name: string | null }[],
  yes: boolean,
): Promise<void> {
  for (const { account, name } of accounts) {
    process.stderr.write(`to be deleted ${where}: ${safeText(name ?? '(unknown)')} ${account}\n`);
  }
  const what = `${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  await confirmByCount(accounts.length, `${what} ${where}`, yes);
}
