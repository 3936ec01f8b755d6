import { droppedRevocations } from '../../claims/account/revocation.js';
import { overlaps } from '../../claims/subject/match.js';
import type { AccountClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { shellWord } from '../output/shell-word.js';

/**
 * A revocation never goes by the way: not with an account JWT from elsewhere that takes the place of the one here.
 *
 * @throws ERR_REVOCATIONS_DROPPED
 */
export function refuseDroppedRevocations(name: string, here: AccountClaims, given: AccountClaims): void {
  const users = droppedRevocations(here.nats.revocations, given.nats.revocations).map(({ user }) => user);
  const accounts = here.nats.exports.flatMap((gone) =>
    given.nats.exports
      // An activation for a part of the one is judged by the other then.
      .filter((one) => one.type === gone.type && overlaps(one.subject, gone.subject))
      .flatMap((one) => droppedRevocations(gone.revocations, one.revocations).map(({ user }) => user)),
  );
  if (users.length === 0 && accounts.length === 0) return;
  const what = users.length > 0 ? 'revocations' : 'revocations of activations';
  const way = users.length > 0 ? 'revocation delete USER' : 'activation restore SUBJECT';
  throw cliError('ERR_REVOCATIONS_DROPPED', `the JWT lacks ${what} that account ${name} has here`, {
    hint: `take them back first, if that is meant: \`natsctl ${way} -a ${shellWord(name)}\``,
    details: { account: given.sub, users, accounts },
  });
}
