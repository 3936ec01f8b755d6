import { overlaps } from '../../claims/subject/match.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import { PAGE_SIZE } from '../limits.js';
import type { ClosedConnection } from './closed.js';
import { connInfo, peerCertificates, type SubDetail, subDetail } from './conn-info.js';
import { type Candidate, candidates, isConnzSort, sortCandidates } from './connz-sort.js';
import { identityOf, shownJwt } from './identity.js';
import { type ConnzOptions, refuseOptions } from './options.js';

/** The account of whoever has none, which nats-server does not name. */
const GLOBAL = '$G';

/** nats-server's Connz. @throws MonitoringError */
export function connz(broker: Broker, options: ConnzOptions): object {
  const sort = options.sort === '' ? 'cid' : options.sort;
  if (!isConnzSort(sort)) throw refuseOptions(`invalid sorting option: ${sort}`);
  for (const only of ['stop', 'reason']) {
    if (sort === only && options.state !== 'closed') {
      throw refuseOptions(`sort by ${only} only valid on closed connections`);
    }
  }
  const filter = options.filter_subject === '>' ? '' : options.filter_subject;
  if (filter !== '' && options.acc === '') throw refuseOptions('filter by subject only valid with account filtering');
  const now = Date.now();
  const offset = Math.max(options.offset, 0);
  const limit = options.cid > 0 ? 1 : options.limit <= 0 ? PAGE_SIZE : options.limit;
  const account = options.acc === '' ? null : broker.accounts.get(options.acc);
  const open = openOf(broker, options, account);
  const closed = closedOf(broker, options);
  const found = candidates(sort, open, closed, now).filter((each) => passes(each, options, filter));
  const page = sortCandidates(sort, found).slice(offset, offset + limit);
  // So nats-server answers for an account that nobody knows.
  const unknown = account === undefined && closed.length === 0;
  return {
    server_id: unknown ? '' : broker.serverId,
    now: new Date(now).toISOString(),
    num_connections: page.length,
    total: open.length + closed.length,
    offset,
    limit,
    connections: unknown ? null : page.map((each) => show(broker, each, options, now)),
  };
}

function openOf(broker: Broker, { state }: ConnzOptions, account: Account | null | undefined): Connection[] {
  if (state === 'closed' || account === undefined) return [];
  return [...(account === null ? broker.connections.values() : account.connections)];
}

function closedOf(broker: Broker, { state, acc }: ConnzOptions): ClosedConnection[] {
  if (state === 'open') return [];
  const all = [...broker.monitor.closedConnections];
  return acc === '' ? all : all.filter(({ account }) => account === acc);
}

/** With an account, a connection id of another one finds nothing. */
function passes({ cid, connection, closed }: Candidate, options: ConnzOptions, filter: string): boolean {
  if (options.cid > 0) return cid === options.cid;
  if (options.mqtt_client !== '') return false;
  const user = connection === null ? closed?.identity.user : connection.user?.id;
  if (options.user !== '' && user !== options.user) return false;
  return filter === '' || subscriptionsOf(connection, closed).some(({ subject }) => overlaps(filter, subject));
}

function subscriptionsOf(connection: Connection | null, closed: ClosedConnection | null): readonly SubDetail[] {
  if (connection === null) return closed?.subscriptions ?? [];
  return [...connection.subscriptions.values()].map((each) => subDetail(each, connection.id));
}

function show(broker: Broker, { connection, closed }: Candidate, options: ConnzOptions, now: number): object {
  const info = connection === null ? closed?.info : connInfo(connection, now);
  const identity = connection === null ? closed?.identity : identityOf(connection);
  const account = connection === null ? (closed?.account ?? '') : (connection.account?.id ?? '');
  const wanted = options.subscriptions || options.subscriptions_detail;
  const listed = wanted ? subscriptionsOf(connection, closed) : [];
  const subscriptions =
    listed.length === 0
      ? {}
      : options.subscriptions_detail
        ? { subscriptions_list_detail: listed }
        : { subscriptions_list: listed.map(({ subject }) => subject) };
  if (!options.auth || identity === undefined) return { ...info, ...subscriptions };
  return {
    ...info,
    tls_peer_certs: connection === null ? undefined : peerCertificates(connection.peerCertificate),
    authorized_user: identity.user,
    account: account === '' || account === GLOBAL ? undefined : account,
    ...subscriptions,
    jwt: shownJwt(identity, broker.users),
    issuer_key: identity.issuer_key,
    name_tag: broker.accounts.get(account)?.name || undefined,
    tags: identity.tags,
  };
}
