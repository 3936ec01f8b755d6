import { lostRevocations } from '../../claims/account/revocation.js';
import type { AccountClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { shellWord } from '../output/shell-word.js';

/**
 * A revocation never goes by the way: not with an account JWT from elsewhere that takes the place of the one here.
 *
 * @throws ERR_REVOCATIONS_DROPPED
 */
export function refuseDroppedRevocations(name: string, here: AccountClaims, given: AccountClaims): void {
  const lost = lostRevocations(here, given);
  const [users, accounts] = [lost.users, lost.activations].map((list) => list.map(({ user }) => user)) as [
    string[],
    string[],
  ];
  if (users.length === 0 && accounts.length === 0) return;
  const what = users.length > 0 ? 'revocations' : 'revocations of activations';
  const way = users.length > 0 ? 'revocation delete USER' : 'activation restore SUBJECT';
  throw cliError('ERR_REVOCATIONS_DROPPED', `the JWT lacks ${what} that account ${name} has here`, {
    hint: `take them back first, if that is meant: \`natsctl ${way} -a ${shellWord(name)}\``,
    details: { account: given.sub, users, accounts },
  });
}
