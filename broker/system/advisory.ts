import { randomBytes } from 'node:crypto';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import { type AccountStat, accountStat } from '../monitor/accstatz.js';
import { identityOf, shownJwt } from '../monitor/identity.js';
import { type ServerInfo, serverInfo } from './replies.js';

/** nats-server's TypedEvent, and which server tells. */
interface Advisory {
  type: string;
  id: string;
  timestamp: string;
  server: ServerInfo;
}

const TYPE = 'io.nats.server.advisory.v1.';
/** Whom nats-server takes for the account of a connection that has none. */
const GLOBAL = '$G';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** As long as a nuid. */
const ID_LENGTH = 22;

export function connectAdvisory(broker: Broker, connection: Connection): object {
  return { ...advisory(broker, 'client_connect'), client: clientInfo(connection) };
}

/** Of one that was refused, too: that is then what the account, or `$G`, is told. */
export function disconnectAdvisory(broker: Broker, connection: Connection, reason: string): object {
  const stop = new Date().toISOString();
  return {
    ...advisory(broker, 'client_disconnect'),
    client: clientInfo(connection, stop),
    // As the client sees it.
    sent: { msgs: connection.messagesIn, bytes: connection.bytesIn },
    received: { msgs: connection.messagesOut, bytes: connection.bytesOut },
    reason,
  };
}

export function accountAdvisory(broker: Broker, account: Account): object & AccountStat {
  return { ...advisory(broker, 'account_connections'), ...accountStat(account) };
}

function advisory(broker: Broker, type: string): Advisory {
  return {
    type: `${TYPE}${type}`,
    id: eventId(),
    timestamp: new Date().toISOString(),
    server: serverInfo(broker),
  };
}

/** nats-server's ClientInfo, in its order. */
function clientInfo(connection: Connection, stop?: string): object {
  const { account, options, broker } = connection;
  const identity = identityOf(connection);
  return {
    start: new Date(connection.started).toISOString(),
    host: connection.remoteAddress,
    id: connection.id,
    acc: account?.id ?? GLOBAL,
    user: identity.user,
    name: options.name || undefined,
    lang: options.lang || undefined,
    ver: options.version || undefined,
    rtt: stop === undefined ? undefined : connection.rttNs || undefined,
    stop,
    jwt: shownJwt(identity, broker.users),
    issuer_key: identity.issuer_key,
    name_tag: account === null ? GLOBAL : account.name || account.id,
    tags: identity.tags,
    kind: 'Client',
    client_type: connection.type === 'WEBSOCKET' ? 'websocket' : 'nats',
  };
}

function eventId(): string {
  let id = '';
  for (const byte of randomBytes(ID_LENGTH)) id += DIGITS[byte % DIGITS.length];
  return id;
}
