import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { goJson } from '../monitor/go-json.js';
import { makePublication } from '../protocol/operation.js';
import { deliverAcross } from '../routing/services.js';

/** nats-server's ServerInfo, as it stands in every reply of the system. */
export interface ServerInfo {
  name: string;
  host: string;
  id: string;
  cluster: string | undefined;
  ver: string;
  tags: readonly string[] | undefined;
  metadata: Readonly<Record<string, string>> | undefined;
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
    cluster: broker.clusterName || undefined,
    ver: broker.version,
    tags: broker.tags.length > 0 ? broker.tags : undefined,
    metadata: Object.keys(broker.metadata).length > 0 ? broker.metadata : undefined,
    jetstream: false,
    flags: 0,
    seq: ++sequence,
    time: new Date().toISOString(),
  };
}

/** Publishes for the broker itself: to the account's subscribers and, where the subject is one, across as a response. */
export function publishInternally(
  account: Account,
  subject: string,
  payload: Buffer,
  header: Buffer | null = null,
): void {
  const publication = makePublication(subject, '', header, payload);
  deliverAcross(null, account, account.routes.get(subject), publication, '');
}

/** True when there was somebody to ask. */
export function publishAsRequest(account: Account, subject: string, reply: string, payload: Buffer): boolean {
  const publication = makePublication(subject, reply, null, payload);
  return deliverAcross(null, account, account.routes.get(subject), publication, reply);
}

export function replyJson(account: Account, reply: string, value: object): void {
  if (reply === '') return;
  publishInternally(account, reply, Buffer.from(goJson(value), 'utf8'));
}
