import { pairs } from '../../output/table.js';
import type { CreatedUsers } from './create.js';

/** What is said of many users on a terminal; each of them is in `--json`. */
export function showCreatedUsers({ users, output, dryRun }: CreatedUsers): string {
  const accounts = [...new Set(users.map(({ account }) => account))];
  const inKeystore = users.some(({ creds }) => creds !== null) ? 'in the keystore' : 'none';
  return pairs([
    [dryRun ? 'would be created' : 'created', users.length === 1 ? '1 user' : `${users.length} users`],
    [accounts.length === 1 ? 'account' : 'accounts', accounts.join(', ')],
    ['creds', dryRun ? null : output === null ? inKeystore : `in ${output}`],
  ]);
}
