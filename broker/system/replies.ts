import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { makePublication } from '../protocol/operation.js';
import { deliverAcross } from '../routing/services.js';

/** nats-server's ServerInfo, as it stands in every reply of the system. */
interface ServerInfo {
  name: string;
  host: string;
  id: string;
  ver: string;
  jetstream: false;
  flags: 0;
  seq: number;
  time: string;
}

let sequence = 0;

export function serverInfo(broker: Broker): ServerInfo {
  return {
    name: broker.serverName,
    host: broker.host,
    id: broker.serverId,
    ver: broker.version,
    jetstream: false,
    flags: 0,
    seq: ++sequence,
    time: new Date().toISOString(),
  };
}

/** Publishes for the broker itself: to the account's subscribers and, where the subject is one, across as a response. */
export function publishInternally(account: Account, subject: string, payload: Buffer): void {
  const publication = makePublication(subject, '', null, payload);
  deliverAcross(null, account, account.routes.get(subject), publication, '');
}

/** True when there was somebody to ask. */
export function publishAsRequest(account: Account, subject: string, reply: string, payload: Buffer): boolean {
  const publication = makePublication(subject, reply, null, payload);
  return deliverAcross(null, account, account.routes.get(subject), publication, reply);
}

export function replyJson(account: Account, reply: string, value: object): void {
  if (reply === '') return;
  publishInternally(account, reply, Buffer.from(JSON.stringify(value), 'utf8'));
}
