import type { Connection } from '../connection/connection.js';

/** nats-server's ClientInfo: its names in its order, what has no value left out. */
export interface ClientInfo {
  start?: string;
  host?: string;
  id?: number;
  acc?: string;
  svc?: string;
  user?: string;
  name?: string;
  lang?: string;
  ver?: string;
  rtt?: number;
  server?: string;
  cluster?: string;
  jwt?: string;
  issuer_key?: string;
  name_tag?: string;
  tags?: readonly string[];
  kind?: 'Client';
  client_type?: 'nats' | 'websocket';
}

/** Account and round trip time only (nats-server client.go `getClientInfo(false)`). */
export function briefInfo({ account, rttNs }: Connection): ClientInfo {
  return { ...(account === null ? {} : { acc: account.id }), ...(rttNs === 0 ? {} : { rtt: rttNs }) };
}

/** All of it, for whom the client's account lets know (nats-server client.go `getClientInfo(true)`). */
export function detailedInfo(connection: Connection): ClientInfo {
  const { options, user, started, remoteAddress, id } = connection;
  const { acc, rtt } = briefInfo(connection);
  const tags = user?.tags ?? [];
  const info: { [Key in keyof ClientInfo]: ClientInfo[Key] | undefined } = {
    start: new Date(started).toISOString(),
    host: remoteAddress,
    id,
    acc,
    user: user?.id,
    name: options.name || undefined,
    lang: options.lang || undefined,
    ver: options.version || undefined,
    rtt,
    ...serverInfoOf(connection),
    // A bearer token is a password: it is never passed on.
    jwt: user?.limits.bearer_token === true ? undefined : options.jwt || undefined,
    issuer_key: user?.issuer || undefined,
    name_tag: user?.name || undefined,
    tags: tags.length === 0 ? undefined : tags,
    kind: 'Client',
    client_type: connection.type === 'WEBSOCKET' ? 'websocket' : 'nats',
  };
  return info as ClientInfo;
}

/** Where the client is connected: added for the system account even where no details are shared. */
export function serverInfoOf({ broker }: Connection): Pick<ClientInfo, 'server' | 'cluster'> {
  return { server: broker.serverName, ...(broker.clusterName === '' ? {} : { cluster: broker.clusterName }) };
}

/** As that of a request that comes through an account in between (nats-server client.go `processServiceImport`). */
export function withService(info: ClientInfo, service: string): ClientInfo {
  const { start, host, id, acc, ...rest } = info;
  const known = { start, host, id, acc };
  return { ...(known as ClientInfo), svc: service, ...rest };
}
