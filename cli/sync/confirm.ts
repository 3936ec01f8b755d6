import process from 'node:process';
import { cliError, usageError } from '../errors.js';
import { safeText } from '../output/safe-text.js';
import { canAsk, required } from '../prompt.js';

/** Lists what is to go, on stderr, and has the number of it written. @param where `from the servers`, `here` */
export async function confirmRemoval(
  where: string,
  accounts: { account: string; name: string | null }[],
  yes: boolean,
): Promise<void> {
  for (const { account, name } of accounts) {
    process.stderr.write(`to be deleted ${where}: ${safeText(name ?? '(unknown)')} ${account}\n`);
  }
  if (yes) return;
  const what = `${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  if (!canAsk()) throw usageError(`deleting ${what} ${where} needs --yes`, 'look at it first with --dry-run');
  const answer = await required(undefined, '--yes', `Write ${accounts.length} to delete ${what} ${where}`);
  if (answer === String(accounts.length)) return;
  throw cliError('ERR_NOT_CONFIRMED', `that is not ${accounts.length}: nothing was deleted`);
}
