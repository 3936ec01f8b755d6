import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { verifyDeletion } from '../../claims/trust/deletion.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { codeOf, printable } from '../log.js';
import type { BrokerErrorCode } from '../options.js';
import { Subscription } from '../routing/subscription.js';
import { unixNow } from '../timer.js';
import { replyJson, serverInfo } from './replies.js';

const FAILED = 'delete accounts request failed';

/**
 * `$SYS.REQ.CLAIMS.DELETE`: an operator key asks for accounts to go. Their clients leave at once, as with a full resolver of
 * nats-server that lets delete; whether the accounts can come back is up to the resolver.
 */
export function offerClaimsDeletion(broker: Broker, system: Account, trusted: TrustedOperators): void {
  system.subscribe(
    new Subscription('$SYS.REQ.CLAIMS.DELETE', '', '', null, ({ payload, reply }) => {
      // Its bytes are the publisher's buffer, which goes on after this call.
      const token = payload.toString('latin1').trim();
      remove(broker, system, trusted, token).then(
        (count) => {
          const data = { code: 200, message: `deleted ${count} accounts` };
          replyJson(system, reply, { server: serverInfo(broker), data });
        },
        (error: unknown) => {
          broker.log.warn({ code: codeOf(error) }, 'claims deletion refused');
          const why = isNatsctlError(error) ? `${printable(error.message)} (${error.code})` : 'internal error';
          const refusal = { code: 500, description: `${FAILED} - ${why}` };
          replyJson(system, reply, { server: serverInfo(broker), error: refusal });
        },
      );
    }),
  );
}

async function remove(broker: Broker, system: Account, trusted: TrustedOperators, token: string): Promise<number> {
  const { accounts, issuer } = verifyDeletion(token, trusted, unixNow());
  if (accounts.includes(system.id))
    throw new NatsctlError<BrokerErrorCode>('ERR_ACCOUNT_SYSTEM', 'not allowed to delete system account');
  broker.accounts.store?.checkDelete();
  for (const id of accounts) {
    const loaded = await broker.accounts.remove(id);
    broker.log.info({ account: id, issuer, loaded }, 'account deleted');
  }
  return accounts.length;
}
