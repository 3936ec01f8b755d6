/**
 * The service as one more full resolver of a NATS system: it answers what nats-server's own do (`accounts.go`,
 * `DirAccResolver.Start`), each request once. What is pushed here passes the rules of every push; since it names no base,
 * those against an older JWT and against dropped revocations protect what is stored.
 */
import { hostname } from 'node:os';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import type { FastifyBaseLogger } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { textOf } from '../../resolver/claims-answer.js';
import { deleteRequested } from '../accounts/delete-requested.js';
import { problemOf, problemText } from '../http/problem.js';
import { pushAccount } from '../push/push-account.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import { heldAccount, heldAccounts, packHash } from './held.js';
import { operatorOfLink } from './scope.js';

export interface ResponderOptions {
  service: Service;
  link: string;
  systemAccount: string;
  /** A server key: the service's name among the servers of the system. */
  serverId: string;
  log: FastifyBaseLogger;
}

/** Requests under way at once; whoever asks beyond it is told so, or hears nothing and asks again. */
const MAX_UNDER_WAY = 512;
/** Room for the rest of a list besides its keys (a server takes 1 MiB a message unless told otherwise). */
const LIST_MARGIN = 1_024;
const KEY_BYTES = 59;
const NAME = 'natsctl-service';

const UNKNOWN_SYSTEM =
  'requests for accounts are not answered: no operator served here has the system account of this link';

let sequence = 0;

/** Answers until the connection ends, or it is told to stop: then what is under way is answered still. */
export function answerRequests(connection: NatsConnection, options: ResponderOptions): () => Promise<void> {
  const { service, systemAccount, log } = options;
  let underWay = 0;
  let stopped: (() => void) | null = null;
  let isUnknownTold = false;

  const serverInfo = () => ({
    name: NAME,
    host: hostname(),
    id: options.serverId,
    ver: '2.10.0',
    seq: ++sequence,
    time: new Date().toISOString(),
  });
  const reply = (message: Msg, payload: string | object): void => {
    if (!message.reply || connection.isClosed()) return;
    message.respond(typeof payload === 'string' ? payload : JSON.stringify(payload));
  };
  const refuse = (message: Msg, account: string | undefined, what: string, error: unknown): void => {
    const problem = problemOf(error, message.subject);
    const [why = ''] = problemText(problem).split('\n', 1);
    log[isNatsctlError(error) ? 'warn' : 'error']({ err: error, account, subject: message.subject }, what);
    const description = `${what} - ${why} (${problem.code})`;
    reply(message, { server: serverInfo(), error: { ...(account && { account }), code: 500, description } });
  };

  /** Once: a server asks for a pack every few minutes. */
  const tellUnknown = (subject: string): void => {
    if (!isUnknownTold) log.warn({ systemAccount, subject }, UNKNOWN_SYSTEM);
    isUnknownTold = true;
  };

  const serve = (
    subject: string,
    answer: (message: Msg, operator: string) => Promise<void>,
    more: { queue?: string; busy?: (message: Msg) => void } = {},
  ) => {
    connection.subscribe(subject, {
      ...(more.queue !== undefined && { queue: more.queue }),
      callback: (fault, message) => {
        if (fault) return log.warn({ err: fault, subject }, 'requests for accounts cannot be answered');
        if (stopped) return;
        if (underWay >= MAX_UNDER_WAY) return more.busy?.(message);
        underWay++;
        operatorOfLink(service.store.db, systemAccount)
          .then(async (operator) => {
            if (operator !== null) await answer(message, operator);
            else tellUnknown(subject);
          })
          .catch((error: unknown) => log.error({ err: error, subject }, 'a request was not answered'))
          .finally(() => {
            underWay--;
            if (underWay === 0) stopped?.();
          });
      },
    });
  };

  const UPDATE_FAILED = 'jwt update resulted in error';
  const busy = (message: Msg) => {
    const error = { code: 500, description: `${UPDATE_FAILED} - too many requests at once; push again` };
    reply(message, { server: serverInfo(), error });
  };
  const update = async (message: Msg, named: string | undefined) => {
    let account = named ?? 'n/a';
    try {
      const token = (textOf(message.data) ?? '').trim();
      const id = named ?? decodeAs('account', token).claims.sub;
      account = id;
      const push = { id, token, precondition: { kind: 'none' }, forced: false, link: options.link } as const;
      const { status } = await pushAccount(service, push);
      const text = status === 'unchanged' ? 'jwt unchanged' : 'jwt updated';
      reply(message, { server: serverInfo(), data: { account, code: 200, message: text } });
    } catch (error) {
      refuse(message, account, UPDATE_FAILED, error);
    }
  };
  serve('$SYS.REQ.CLAIMS.UPDATE', (message) => update(message, undefined), { busy });
  serve('$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE', (message) => update(message, message.subject.split('.')[3]), { busy });
  serve('$SYS.ACCOUNT.*.CLAIMS.UPDATE', (message) => update(message, message.subject.split('.')[2]), { busy });

  // Of what is not held nothing is said, though nats-server says so by an empty answer: who asks counts answers up to the number of the
  // other servers, and the service is none of those, so it would stand for one that has the account and is slower. Servers before
  // 2.9.17 take the first answer whatever it is, and store it (nats-server `fetch`).
  serve('$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP', async (message, operator) => {
    const id = message.subject.split('.')[3] ?? '';
    const known = isPublicKey(id, 'account');
    const held = known ? await heldAccount(service.store, operator, id, service.now()) : null;
    if (held !== null) reply(message, held);
  });

  serve('$SYS.REQ.CLAIMS.LIST', async (message, operator) => {
    const most = Math.floor(((connection.info?.max_payload ?? 1_048_576) - LIST_MARGIN) / KEY_BYTES);
    let keys: string[] = [];
    const send = () => reply(message, { server: serverInfo(), data: keys.splice(0, most) });
    for await (const page of heldAccounts(service.store, operator, service.now())) {
      keys = keys.concat(page.map(({ key }) => key));
      if (keys.length > most) send();
    }
    send();
  });

  serve(
    '$SYS.REQ.CLAIMS.PACK',
    async (message, operator) => {
      if (!message.reply) return;
      const now = service.now();
      const ours = await packHash(service.store, operator, now);
      if (!ours.equals(message.data)) {
        for await (const page of heldAccounts(service.store, operator, now)) {
          for (const row of page) {
            try {
              reply(message, `${row.key}|${readStored('account', row).token}`);
            } catch (error) {
              log.error({ err: error, account: row.key }, 'an account is damaged and left out');
            }
          }
          // What is written waits in memory until it is taken.
          await connection.flush();
        }
      }
      reply(message, '');
    },
    { queue: 'responder' },
  );

  serve(
    '$SYS.REQ.CLAIMS.DELETE',
    async (message, operator) => {
      const failed = 'delete accounts request failed';
      try {
        const request = (textOf(message.data) ?? '').trim();
        const { deleted, refused } = await deleteRequested(service, { request, operator });
        if (refused !== null)
          return refuse(message, undefined, `deleted ${deleted} accounts, ${refused.text}`, refused.first);
        reply(message, { server: serverInfo(), data: { code: 200, message: `deleted ${deleted} accounts` } });
      } catch (error) {
        refuse(message, undefined, failed, error);
      }
    },
    { busy },
  );

  return () =>
    new Promise((resolve) => {
      stopped = resolve;
      if (underWay === 0) resolve();
    });
}
