import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Account } from '../account/account.js';
import type { UpdateResult } from '../account/registry.js';
import type { Broker } from '../broker.js';
import { codeOf, printable } from '../log.js';
import type { InternalMessage } from '../routing/internal.js';
import { Subscription } from '../routing/subscription.js';
import { replyJson, serverInfo } from './replies.js';

/** Subjects under which an account JWT is announced, and the token of them that is the account's id (null = in the JWT only). */
const SUBJECTS: readonly (readonly [string, number | null])[] = [
  ['$SYS.REQ.CLAIMS.UPDATE', null],
  ['$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE', 3],
  ['$SYS.ACCOUNT.*.CLAIMS.UPDATE', 2],
];

/**
 * Takes announced account JWTs, from clients of the system account only. Beyond nats-server's checks the JWT must be by a
 * trusted operator and no older than the one in use, as whatever is loaded.
 */
export function offerClaimsUpdates(broker: Broker, system: Account): void {
  for (const [subject, idAt] of SUBJECTS) {
    system.subscribe(
      new Subscription(subject, '', '', null, (message) => {
        const named = idAt === null ? null : (message.subject.split('.')[idAt] ?? '');
        // Its bytes are the publisher's buffer, which goes on after this call.
        const token = message.payload.toString('latin1').trim();
        update(broker, system, message, named, token).catch((error: unknown) => {
          broker.log.error({ code: codeOf(error) }, 'claims update failed');
        });
      }),
    );
  }
}

/** nats-server's words, which tell a cache from a resolver that keeps everything. */
function said({ accounts: { resolver } }: Broker, result: UpdateResult): string {
  const cache = resolver === 'cache' ? ' cache' : '';
  return result === 'not loaded' ? `jwt update${cache} skipped` : `jwt updated${cache}`;
}

async function update(
  broker: Broker,
  system: Account,
  { reply }: InternalMessage,
  named: string | null,
  token: string,
): Promise<void> {
  const refuse = (account: string, message: string, why: string): void => {
    broker.log.warn({ account: printable(account), detail: printable(why) }, 'claims update refused');
    replyJson(system, reply, {
      server: serverInfo(broker),
      error: { account, code: 500, description: `${message} - ${why}` },
    });
  };
  if (token === '') return refuse(named ?? 'n/a', 'jwt update error', 'request body is empty');
  let id = named ?? 'n/a';
  try {
    const announced = decodeAs('account', token);
    id = announced.claims.sub;
    if (named !== null && named !== id) {
      return refuse(named, 'jwt update resulted in error', 'subject does not match jwt content');
    }
    const { result } = await broker.accounts.update(announced);
    broker.log.info({ account: id, result }, 'claims update');
    replyJson(system, reply, {
      server: serverInfo(broker),
      data: { account: id, code: 200, message: said(broker, result) },
    });
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    refuse(id, 'jwt update resulted in error', `${error.message} (${error.code})`);
  }
}
