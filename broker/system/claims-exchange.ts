import { randomBytes } from 'node:crypto';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { MAX_PACKED, PACK_INTERVAL_MS } from '../limits.js';
import { codeOf } from '../log.js';
import type { AccountStore } from '../resolver/source.js';
import type { InternalMessage } from '../routing/internal.js';
import { Subscription } from '../routing/subscription.js';
import { unixNow } from '../timer.js';
import { publishAsRequest } from './replies.js';

/** A place for answers that nobody guesses. */
function inbox(): string {
  return `_INBOX.${randomBytes(12).toString('hex')}`;
}

/** Asks whoever else answers in the system account for an account: the first JWT that comes, null when the time is over or nobody is there. */
export function lookupElsewhere(system: Account, id: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const reply = inbox();
    const end = (token: string | null): void => {
      clearTimeout(timer);
      system.unsubscribe(answers);
      resolve(token);
    };
    const answers = new Subscription(reply, '', '', null, ({ payload }) => {
      // Empty = not there; somebody else may have it.
      if (payload.length > 0) end(payload.toString('latin1').trim());
    });
    const timer = setTimeout(() => end(null), timeoutMs);
    system.subscribe(answers);
    if (!publishAsRequest(system, `$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`, reply, Buffer.alloc(0))) end(null);
  });
}

/**
 * Has a full resolver hold what others hold: at the interval it says what it has (as a hash), and takes what one of them sends because it
 * has something else. Each JWT is judged as an announced one is: only newer ones, and none that lets revoked users back in.
 */
export function exchangeClaims(
  broker: Broker,
  system: Account,
  store: AccountStore,
  intervalMs = PACK_INTERVAL_MS,
): void {
  const reply = inbox();
  let taken = 0;
  system.subscribe(
    new Subscription(reply, '', '', null, (message) => {
      for (const token of tokensOf(message)) {
        if (++taken > MAX_PACKED) return;
        take(broker, token).catch((error: unknown) => {
          broker.log.error({ code: codeOf(error) }, 'a packed account was not taken');
        });
      }
    }),
  );
  const timer = setInterval(() => {
    if (broker.accounts.closed) return clearInterval(timer);
    taken = 0;
    publishAsRequest(system, '$SYS.REQ.CLAIMS.PACK', reply, store.hash(unixNow()));
  }, intervalMs).unref();
}

/** `<account>|<jwt>`, one or several lines. */
function tokensOf({ payload }: InternalMessage): string[] {
  const lines = payload.toString('latin1').split('\n');
  return lines.flatMap((line) => {
    const at = line.indexOf('|');
    return at === -1 ? [] : [line.slice(at + 1).trim()];
  });
}

async function take(broker: Broker, token: string): Promise<void> {
  try {
    const { id, result } = await broker.accounts.update(decodeAs('account', token));
    if (result === 'updated') broker.log.info({ account: id }, 'account taken from another resolver');
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    // What is older there than here is the ordinary case: the other one learns of it in its turn.
    broker.log[error.code === 'ERR_ACCOUNT_OLDER' ? 'debug' : 'warn'](
      { code: error.code },
      'a packed account is left out',
    );
  }
}
