import { pairs } from '../../output/table.js';
import type { CreatedUsers } from './create.js';
import type { CredsPlace } from './place.js';

/** What is said of many users on a terminal; each of them is in `--json`. */
export function showCreatedUsers({ users, dryRun }: CreatedUsers, creds: CredsPlace): string {
  const accounts = [...new Set(users.map(({ account }) => account))];
  const places = { keystore: 'in the keystore', none: 'none', folder: 'in ', archive: 'in ' };
  return pairs([
    [dryRun ? 'would be created' : 'created', users.length === 1 ? '1 user' : `${users.length} users`],
    [accounts.length === 1 ? 'account' : 'accounts', accounts.join(', ')],
    ['creds', dryRun ? null : `${places[creds.kind]}${'path' in creds ? creds.path : ''}`],
  ]);
}
