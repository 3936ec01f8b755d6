import { NatsctlError } from '../claims/errors.js';
import { decodeAs } from '../claims/jwt/decode.js';
import { newAccount } from '../claims/jwt/new.js';
import { isPublicKey } from '../claims/keys/nkey.js';
import { Seed } from '../claims/keys/seed.js';
import type { VerifiedAccount } from '../claims/trust/account.js';
import { trustOperators } from '../claims/trust/operators.js';
import type { OperatorClaims } from '../claims/types.js';
import type { Account } from './account/account.js';
import { AccountRegistry } from './account/registry.js';
import { Passwords } from './auth/passwords.js';
import { reloadAuth } from './auth/reload.js';
import { authSettings } from './auth/settings.js';
import { VerifiedUsers } from './auth/verified-users.js';
import type { Broker, BrokerLimits } from './broker.js';
import type { Connection } from './connection/connection.js';
import { goLame } from './lame-duck.js';
import * as bounds from './limits.js';
import { codeOf, type Logger, SILENT } from './log.js';
import { type MonitoringServer, startMonitoring } from './monitor/http.js';
import { Monitor } from './monitor/monitor.js';
import { Observers } from './observer.js';
import type { BrokerErrorCode, BrokerOptions, RunningBroker } from './options.js';
import { directorySource } from './resolver/directory-source.js';
import { memorySource } from './resolver/memory.js';
import type { AccountSource } from './resolver/source.js';
import { urlSource } from './resolver/url.js';
import { offerClaimsDeletion } from './system/claims-delete.js';
import { exchangeClaims, lookupElsewhere } from './system/claims-exchange.js';
import { offerStoredClaims } from './system/claims-store.js';
import { offerClaimsUpdates } from './system/claims-update.js';
import { offerCommands } from './system/commands.js';
import { offerSubscriberCounts } from './system/debug-subscribers.js';
import { SystemEvents } from './system/events.js';
import { offerMonitoring } from './system/monitoring-requests.js';
import { offerUserInfo } from './system/user-info.js';
import { noTraffic } from './traffic.js';
import { type Listeners, listenSettings, openListeners } from './transport/listeners.js';

/**
 * What clients may expect of the protocol: they compare INFO's version with what nats-server had when a feature came
 * (Nats-Subject in 503: 2.10; message tracing: 2.11).
 */
const PROTOCOL_VERSION = '2.11.0';

/**
 * Starts a broker: operators (or configured users) read, resolver probed, system account loaded, then the listener. Rejects with a coded error
 * and nothing left behind when any of it fails.
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const limits = limitsOf(options);
  const listening = listenSettings(options);
  const operators = options.operators === undefined ? [] : readOperators(options.operators);
  const fromOperators = options.operators === undefined ? null : systemAccountOf(options, operators);
  const auth = authSettings(options, fromOperators);
  const systemAccount = auth.realm.kind === 'config' ? auth.realm.systemAccount : fromOperators;
  const log = options.logger ?? SILENT;
  const source = auth.realm.kind === 'config' ? memorySource([]) : await openSource(options, log);
  const serverKey = Seed.generate('server');
  const serverId = serverKey.publicKey;
  const flushes = flushQueue();
  const trusted = trustOperators(operators);
  const offerServices = (account: Account): void => {
    offerUserInfo(broker, account);
    if (!account.isSystem) return;
    offerMonitoring(broker, account, () => events.announceStatsz());
    offerCommands(broker, account, options.onReloadRequest);
    offerSubscriberCounts(broker, account);
    // Configured accounts change with the configuration only.
    if (auth.realm.kind === 'config') return;
    offerClaimsUpdates(broker, account);
    offerClaimsDeletion(broker, account, trusted);
    offerStore(broker, account, source, options);
  };
  const observers = new Observers(log);
  const accounts = new AccountRegistry({
    source,
    trusted,
    systemAccount,
    limits,
    clusterName: options.clusterName ?? '',
    log,
    onAccount: offerServices,
    observers,
  });
  const broker: Broker = {
    serverId,
    serverName: options.serverName ?? serverId,
    clusterName: options.clusterName ?? '',
    version: PROTOCOL_VERSION,
    tags: options.serverTags ?? [],
    metadata: options.serverMetadata ?? {},
    operatorTokens: options.operators ?? [],
    host: listening.host,
    port: 0,
    started: Date.now(),
    limits,
    log,
    accounts,
    users: new VerifiedUsers(),
    auth,
    passwords: new Passwords(),
    serverKey,
    curveKey: Seed.generate('curve'),
    pinnedAccountFails: 0,
    connections: new Map(),
    observers,
    endedTraffic: noTraffic(),
    lameDuck: false,
    totalConnections: 0,
    stalls: 0,
    monitor: new Monitor(limits.maxClosedClients, options.monitoring),
    scheduleFlush: flushes.schedule,
  };
  const events = new SystemEvents(broker);
  observers.add(broker.monitor);
  observers.add(events);
  let listeners: Listeners | null = null;
  let monitoring: MonitoringServer | null;
  try {
    await probe(source);
    if (auth.realm.kind === 'config') accounts.define(auth.realm.accounts);
    else if (systemAccount !== null) await loadSystemAccount(broker, systemAccount, operators);
    listeners = await openListeners(broker, listening);
    broker.port = listeners.port;
    monitoring = await startMonitoring(broker, options);
  } catch (error) {
    await listeners?.stop();
    accounts.close();
    throw error;
  }
  const sweep = watchWrites(broker);
  events.start();
  const { host, port, url, webSocketUrl } = listeners;
  log.info({ server: serverId, host, port, webSocketUrl, systemAccount }, 'broker listening');
  let closing: Promise<void> | null = null;
  let leaving: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= shutDown(broker, listeners, sweep, monitoring, events);
    return closing;
  };
  return {
    url,
    ...(webSocketUrl === null ? {} : { webSocketUrl }),
    host,
    port,
    serverId,
    ...(monitoring === null ? {} : { monitoringUrl: monitoring.url }),
    connections: () => broker.connections.size,
    lameDuck() {
      leaving ??= goLame(broker, listeners).then(close);
      return leaving;
    },
    reload: (next) => reloadAuth(broker, next),
    close,
  };
}

function fail(code: BrokerErrorCode, message: string, hint: string, cause?: unknown): NatsctlError<BrokerErrorCode> {
  return new NatsctlError(code, message, { hint, cause });
}

function limitsOf(options: BrokerOptions): BrokerLimits {
  const atLeast = (name: keyof BrokerOptions, least: number, fallback: number): number => {
    const value = options[name] ?? fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw fail('ERR_BROKER_OPTIONS', `${name} must be a whole number from ${least} up`, `correct ${name}`);
  };
  const atMost = (name: keyof BrokerOptions, most: number, value: number): number => {
    if (value <= most) return value;
    throw fail('ERR_BROKER_OPTIONS', `${name} is more than ${most}`, `lower ${name}`);
  };
  const maxPayload = atLeast('maxPayload', 1, bounds.MAX_PAYLOAD);
  const maxPending = atLeast('maxPending', 1, bounds.MAX_PENDING);
  if (maxPayload > maxPending) {
    throw fail('ERR_BROKER_OPTIONS', 'maxPayload is larger than maxPending', 'lower maxPayload or raise maxPending');
  }
  const lameDuckDurationMs = atLeast('lameDuckDurationMs', bounds.MIN_LAME_DUCK_MS, bounds.LAME_DUCK_MS);
  const lameDuckGraceMs = atLeast('lameDuckGraceMs', 0, bounds.LAME_DUCK_GRACE_MS);
  if (lameDuckGraceMs >= lameDuckDurationMs) {
    throw fail('ERR_BROKER_OPTIONS', 'lameDuckGraceMs is not shorter than lameDuckDurationMs', 'lower lameDuckGraceMs');
  }
  // nats-server getDefaultAuthTimeout.
  const authTimeoutMs =
    options.authorization?.timeoutMs ??
    (options.tls === undefined ? bounds.AUTH_TIMEOUT_MS : (options.tls.timeoutMs ?? bounds.TLS_TIMEOUT_MS) + 1_000);
  return {
    maxPayload,
    maxPending,
    maxConnections: atLeast('maxConnections', 0, bounds.MAX_CONNECTIONS),
    maxSubscriptions: atLeast('maxSubscriptions', -1, -1),
    maxSubTokens: atMost('maxSubTokens', bounds.MAX_SUB_TOKENS, atLeast('maxSubTokens', 0, 0)),
    maxControlLine: atLeast('maxControlLine', 1, bounds.MAX_CONTROL_LINE),
    noHeaderSupport: options.noHeaderSupport ?? false,
    noFastProducerStall: options.noFastProducerStall ?? false,
    authTimeoutMs: atLeast('authTimeoutMs', 1, authTimeoutMs),
    pingIntervalMs: atLeast('pingIntervalMs', 1, bounds.PING_INTERVAL_MS),
    maxPingsOut: atLeast('maxPingsOut', 1, bounds.MAX_PINGS_OUT),
    writeDeadlineMs: atLeast('writeDeadlineMs', 1, bounds.WRITE_DEADLINE_MS),
    lameDuckDurationMs,
    lameDuckGraceMs,
    maxClosedClients: atLeast('maxClosedClients', 0, bounds.MAX_CLOSED_CLIENTS),
  };
}

function readOperators(tokens: readonly string[]): OperatorClaims[] {
  if (tokens.length === 0) {
    throw fail('ERR_BROKER_OPERATORS', 'no operator is trusted', 'give the JWT of at least one operator');
  }
  return tokens.map((token) => {
    try {
      return decodeAs('operator', token).claims;
    } catch (error) {
      throw fail(
        'ERR_BROKER_OPERATORS',
        `an operator JWT cannot be used (${codeOf(error)})`,
        'give a valid one',
        error,
      );
    }
  });
}

/** The one asked for, which no operator may contradict (nats-server's rule), or the first that an operator names. */
function systemAccountOf(options: BrokerOptions, operators: OperatorClaims[]): string | null {
  const named = operators.map((each) => each.nats.system_account).filter((id): id is string => Boolean(id));
  const wanted = options.systemAccount;
  if (wanted === undefined || wanted === '') return named[0] ?? null;
  if (isPublicKey(wanted, 'account') && (named.length === 0 || named.includes(wanted))) return wanted;
  throw fail(
    'ERR_BROKER_SYSTEM_ACCOUNT',
    `${wanted} is not the system account of a trusted operator`,
    "leave the system account out to use the operator's own",
  );
}

function openSource({ resolver }: BrokerOptions, log: Logger): AccountSource | Promise<AccountSource> {
  if (resolver === undefined) {
    const text = 'operators require an account resolver to be configured';
    throw fail('ERR_BROKER_OPTIONS', text, 'give the address of a natsctl service, or account JWTs');
  }
  if ('memory' in resolver) return memorySource(resolver.memory);
  if ('type' in resolver) return directorySource(resolver, log);
  if (URL.canParse(resolver.url) && /^https?:$/.test(new URL(resolver.url).protocol)) return urlSource(resolver.url);
  throw fail('ERR_BROKER_OPTIONS', 'the resolver needs an http(s) URL', 'give the address of a natsctl service');
}

async function probe(source: AccountSource): Promise<void> {
  try {
    await source.probe();
  } catch (error) {
    throw fail(
      'ERR_BROKER_RESOLVER',
      `the resolver does not answer (${codeOf(error)})`,
      'start the service first',
      error,
    );
  }
}

/** One that is not there yet may be pushed later; one that must not be used stops the start. */
async function loadSystemAccount(broker: Broker, id: string, operators: OperatorClaims[]): Promise<void> {
  try {
    await broker.accounts.lookup(id);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ERR_ACCOUNT_UNKNOWN' && code !== 'ERR_ACCOUNT_UNAVAILABLE') {
      const text = `the system account ${id} cannot be used (${code})`;
      throw fail('ERR_BROKER_SYSTEM_ACCOUNT', text, 'push a valid JWT of the system account', error);
    }
    const [operator] = operators;
    if (broker.accounts.resolver !== 'url' && broker.accounts.resolver !== 'memory' && operator !== undefined) {
      broker.accounts.bootstrap(bootstrapAccount(id, operator));
    }
    broker.log.warn({ account: id, code }, 'system account not available yet');
  }
}

/** For a resolver that begins empty: the identity key of the system account signs the user who pushes its JWT. */
function bootstrapAccount(id: string, operator: OperatorClaims): VerifiedAccount {
  const claims = { ...newAccount(id, ''), iss: operator.sub, iat: 0, jti: '' };
  return { claims, token: '', operator, strict: false };
}

/** What the folder of a resolver holds is there for others too, through the system account. */
function offerStore(
  broker: Broker,
  system: Account,
  { kind, store, askElsewhere }: AccountSource,
  { resolver }: BrokerOptions,
): void {
  if (store === undefined || kind === 'memory') return;
  offerStoredClaims(broker, system, store);
  askElsewhere?.((id, timeoutMs) => lookupElsewhere(system, id, timeoutMs));
  if (kind === 'full')
    exchangeClaims(broker, system, store, resolver && 'type' in resolver ? resolver.intervalMs : undefined);
}

/** Connections with something to write, flushed once per event-loop turn: after all sockets were read. */
function flushQueue(): { schedule: (connection: Connection) => void } {
  let waiting: Connection[] = [];
  const run = (): void => {
    const now = waiting;
    waiting = [];
    for (const connection of now) connection.guard(() => connection.flush());
  };
  return {
    schedule(connection) {
      if (waiting.length === 0) setImmediate(run);
      waiting.push(connection);
    },
  };
}

/** Ends connections whose peer has taken nothing for longer than the write deadline. */
function watchWrites(broker: Broker): NodeJS.Timeout {
  const { writeDeadlineMs } = broker.limits;
  const timer = setInterval(
    () => {
      const oldest = Date.now() - writeDeadlineMs;
      for (const connection of [...broker.connections.values()]) {
        const since = connection.out.writingSince;
        if (since !== 0 && since < oldest) connection.drop('Slow Consumer (Write Deadline)');
      }
    },
    Math.min(1_000, writeDeadlineMs),
  );
  timer.unref();
  return timer;
}

async function shutDown(
  broker: Broker,
  listeners: Listeners,
  sweep: NodeJS.Timeout,
  monitoring: MonitoringServer | null,
  events: SystemEvents,
): Promise<void> {
  clearInterval(sweep);
  // Its listener may be closed already, by lame duck mode.
  const closed = listeners.stop();
  events.stop();
  // Silently, as nats-server: clients reconnect elsewhere.
  for (const connection of [...broker.connections.values()]) connection.close('Server Shutdown');
  broker.accounts.close();
  await closed;
  await monitoring?.close();
  broker.log.info({ server: broker.serverId }, 'broker closed');
}
