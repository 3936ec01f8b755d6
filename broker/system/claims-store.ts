import { isPublicKey } from '../../claims/keys/nkey.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { codeOf } from '../log.js';
import type { AccountStore } from '../resolver/source.js';
import { Subscription } from '../routing/subscription.js';
import { unixNow } from '../timer.js';
import { publishInternally, replyJson, serverInfo } from './replies.js';

const EMPTY = Buffer.alloc(0);
/** Messages of a pack that are written before others have their turn. */
const PACK_STEP = 64;

/**
 * What a full resolver answers in the system account, as nats-server's DirAccResolver.Start: LOOKUP, LIST and PACK; a cache lists only.
 * Requests of this broker itself are for others.
 */
export function offerStoredClaims(broker: Broker, system: Account, store: AccountStore): void {
  const failed = (subject: string) => (error: unknown) => {
    broker.log.error({ code: codeOf(error), subject }, 'a request for accounts was not answered');
  };
  const list = '$SYS.REQ.CLAIMS.LIST';
  system.subscribe(
    new Subscription(list, '', '', null, ({ reply }) => {
      if (reply !== '') replyJson(system, reply, { server: serverInfo(broker), data: store.ids(unixNow()) });
    }),
  );
  if (broker.accounts.resolver === 'cache') return;
  const lookup = '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP';
  system.subscribe(
    new Subscription(lookup, '', '', null, ({ publisher, subject, reply }) => {
      if (publisher === null || reply === '') return false;
      const id = subject.split('.')[3] ?? '';
      if (!isPublicKey(id, 'account')) return true;
      // Nothing, for what is not here: so whoever asks several knows that this one has no more to say.
      store
        .read(id)
        .then((token) => publishInternally(system, reply, Buffer.from(token ?? '', 'latin1')), failed(lookup));
      return true;
    }),
  );
  const pack = '$SYS.REQ.CLAIMS.PACK';
  system.subscribe(
    new Subscription(pack, 'responder', '', null, ({ publisher, reply, payload }) => {
      if (publisher === null || reply === '') return false;
      sendPack(system, store, reply, Buffer.from(payload)).catch(failed(pack));
      return true;
    }),
  );
}

/** One message for each account, and an empty one at the end; only that where both hold the same. */
async function sendPack(system: Account, store: AccountStore, reply: string, theirs: Buffer): Promise<void> {
  const now = unixNow();
  if (!store.hash(now).equals(theirs)) {
    let sent = 0;
    for (const id of store.ids(now)) {
      const token = await store.read(id);
      if (token !== null) publishInternally(system, reply, Buffer.from(`${id}|${token}`, 'latin1'));
      if (++sent % PACK_STEP === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  publishInternally(system, reply, EMPTY);
}
