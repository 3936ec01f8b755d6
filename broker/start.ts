import { NatsctlError } from '../claims/errors.js';
import { decodeAs } from '../claims/jwt/decode.js';
import { isPublicKey } from '../claims/keys/nkey.js';
import { Seed } from '../claims/keys/seed.js';
import { trustOperators } from '../claims/trust/operators.js';
import type { OperatorClaims } from '../claims/types.js';
import type { Account } from './account/account.js';
import { AccountRegistry } from './account/registry.js';
import { VerifiedUsers } from './auth/verified-users.js';
import type { Broker, BrokerLimits } from './broker.js';
import type { Connection } from './connection/connection.js';
import * as bounds from './limits.js';
import { codeOf, SILENT } from './log.js';
import { Observers } from './observer.js';
import type { BrokerErrorCode, BrokerOptions, RunningBroker } from './options.js';
import { memorySource } from './resolver/memory.js';
import type { AccountSource } from './resolver/source.js';
import { urlSource } from './resolver/url.js';
import { offerClaimsDeletion } from './system/claims-delete.js';
import { offerClaimsUpdates } from './system/claims-update.js';
import { offerServerPing } from './system/server-ping.js';
import { offerUserInfo } from './system/user-info.js';
import { noTraffic } from './traffic.js';
import { type Listeners, listenSettings, openListeners } from './transport/listeners.js';

/**
 * What clients may expect of the protocol: they compare INFO's version with what nats-server had when a feature came
 * (Nats-Subject in 503: 2.10).
 */
const PROTOCOL_VERSION = '2.10.0';

/**
 * Starts a broker: operators read, resolver probed, system account loaded, then the listener. Rejects with a coded error
 * and nothing left behind when any of it fails.
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const limits = limitsOf(options);
  const listening = listenSettings(options);
  const operators = readOperators(options.operators);
  const systemAccount = systemAccountOf(options, operators);
  const source = openSource(options);
  const serverId = Seed.generate('server').publicKey;
  const log = options.logger ?? SILENT;
  const flushes = flushQueue();
  const trusted = trustOperators(operators);
  const offerServices = (account: Account): void => {
    offerUserInfo(broker, account);
    if (!account.isSystem) return;
    offerClaimsUpdates(broker, account);
    offerClaimsDeletion(broker, account, trusted);
    offerServerPing(broker, account);
  };
  const observers = new Observers(log);
  const accounts = new AccountRegistry({
    source,
    trusted,
    systemAccount,
    limits,
    log,
    onAccount: offerServices,
    observers,
  });
  const broker: Broker = {
    serverId,
    serverName: options.serverName ?? serverId,
    version: PROTOCOL_VERSION,
    host: listening.host,
    port: 0,
    started: Date.now(),
    limits,
    log,
    accounts,
    users: new VerifiedUsers(),
    connections: new Map(),
    observers,
    endedTraffic: noTraffic(),
    scheduleFlush: flushes.schedule,
  };
  let listeners: Listeners;
  try {
    await probe(source);
    if (systemAccount !== null) await loadSystemAccount(broker, systemAccount);
    listeners = await openListeners(broker, listening);
    broker.port = listeners.port;
  } catch (error) {
    accounts.close();
    throw error;
  }
  const sweep = watchWrites(broker);
  const { host, port, url, webSocketUrl } = listeners;
  log.info({ server: serverId, host, port, webSocketUrl, systemAccount }, 'broker listening');
  let closing: Promise<void> | null = null;
  return {
    url,
    ...(webSocketUrl === null ? {} : { webSocketUrl }),
    host,
    port,
    serverId,
    connections: () => broker.connections.size,
    close() {
      closing ??= shutDown(broker, listeners, sweep);
      return closing;
    },
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
  const maxPayload = atLeast('maxPayload', 1, bounds.MAX_PAYLOAD);
  const maxPending = atLeast('maxPending', 1, bounds.MAX_PENDING);
  if (maxPayload > maxPending) {
    throw fail('ERR_BROKER_OPTIONS', 'maxPayload is larger than maxPending', 'lower maxPayload or raise maxPending');
  }
  // nats-server getDefaultAuthTimeout.
  const authTimeoutMs =
    options.tls === undefined ? bounds.AUTH_TIMEOUT_MS : (options.tls.timeoutMs ?? bounds.TLS_TIMEOUT_MS) + 1_000;
  return {
    maxPayload,
    maxPending,
    maxConnections: atLeast('maxConnections', 0, bounds.MAX_CONNECTIONS),
    maxSubscriptions: atLeast('maxSubscriptions', -1, -1),
    authTimeoutMs: atLeast('authTimeoutMs', 1, authTimeoutMs),
    pingIntervalMs: atLeast('pingIntervalMs', 1, bounds.PING_INTERVAL_MS),
    maxPingsOut: atLeast('maxPingsOut', 1, bounds.MAX_PINGS_OUT),
    writeDeadlineMs: atLeast('writeDeadlineMs', 1, bounds.WRITE_DEADLINE_MS),
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

function openSource({ resolver }: BrokerOptions): AccountSource {
  if ('memory' in resolver) return memorySource(resolver.memory);
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
async function loadSystemAccount(broker: Broker, id: string): Promise<void> {
  try {
    await broker.accounts.lookup(id);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ERR_ACCOUNT_UNKNOWN' && code !== 'ERR_ACCOUNT_UNAVAILABLE') {
      const text = `the system account ${id} cannot be used (${code})`;
      throw fail('ERR_BROKER_SYSTEM_ACCOUNT', text, 'push a valid JWT of the system account', error);
    }
    broker.log.warn({ account: id, code }, 'system account not available yet');
  }
}

/** Connections with something to write, flushed once per event-loop turn: after all sockets were read. */
function flushQueue(): { schedule: (connection: Connection) => void } {
  let waiting: Connection[] = [];
  const run = (): void => {
    const now = waiting;
    waiting = [];
    for (const connection of now) connection.guard(() => connection.out.flush());
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

async function shutDown(broker: Broker, listeners: Listeners, sweep: NodeJS.Timeout): Promise<void> {
  clearInterval(sweep);
  const closed = listeners.stop();
  // Silently, as nats-server: clients reconnect elsewhere.
  for (const connection of [...broker.connections.values()]) connection.close('Server Shutdown');
  broker.accounts.close();
  await closed;
  broker.log.info({ server: broker.serverId }, 'broker closed');
}
