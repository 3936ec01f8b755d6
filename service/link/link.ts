import { setTimeout as sleep } from 'node:timers/promises';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { FastifyBaseLogger } from 'fastify';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { pingServers } from '../../resolver/nats.js';
import type { Service } from '../service.js';
import { accountAnnouncements } from './announce-account.js';
import { deletionAnnouncements } from './announce-deletion.js';
import { checkDrift, type Drift } from './drift.js';
import { type JetStreamUse, jetStreamUse } from './jetstream.js';
import { ANSWER_WAIT_MS, backoff, startOutbox } from './outbox.js';
import { answerRequests } from './responder.js';
import { systemAccountOf } from './scope.js';

export interface Link {
  readonly systemAccount: string;
  connected(): boolean;
  /** The servers in the system when last counted, by id, with their names. */
  present(): ReadonlyMap<string, string>;
  /** What the last comparison with the servers found; null before the first. */
  drift(): Drift | null;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  tried(waitMs: number): Promise<void>;
  /** What the servers answered to this version of the account, or why there is no answer yet. Never waits while NATS is away. */
  announced(account: string, jti: string, waitMs: number): Promise<ServerAnswer[]>;
  /** As `announced`, of a deletion. */
  deleted(account: string, version: string, waitMs: number): Promise<ServerAnswer[]>;
  /** Null while NATS is away, or where it goes away meanwhile. */
  ask<T>(work: (connection: NatsConnection, present: ReadonlyMap<string, string>) => Promise<T>): Promise<T | null>;
  /** Null while NATS is away. */
  jetStreamUse(account: string): Promise<JetStreamUse | null>;
  wake(): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  id: string;
  servers: string[];
  creds: string;
  service: Service;
  /** As whom it answers requests. */
  serverId: string;
  log: FastifyBaseLogger;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A cluster grows and shrinks: how often its servers are counted anew. One that comes back is told so soon what it missed. */
const COUNT_EVERY_MS = 5_000;
/** As often as full resolvers compare with each other (nats-server's `interval`). */
const COMPARE_EVERY_MS = 60_000;

/**
 * Keeps one connection to a NATS system. Over it the service announces its part of the outbox until every server there has
 * confirmed, answers as one more resolver of the system, and compares what the servers hold.
 */
export function startLink({ id, servers, creds, service, serverId, log }: LinkOptions): Link {
  const stop = new AbortController();
  const systemAccount = systemAccountOf(creds);
  const firstAttempt = new Set<() => void>();
  let connection: NatsConnection | null = null;
  let up = false;
  /** None = they do not say. Each of them has confirmed all that is not pending. */
  let present = new Map<string, string>();
  const ids = () => new Set(present.keys());
  let drift: Drift | null = null;
  let comparing: Promise<void> | null = null;
  let stopAnswering = async () => {};
  const kinds = [accountAnnouncements, deletionAnnouncements];
  const fault = (error: unknown) => {
    if (!stop.signal.aborted) log.error({ err: error }, 'the servers could not be counted or compared; trying again');
  };

  const stayConnected = async () => {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        const fresh = await connect({
          servers,
          authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
          name: 'natsctl service',
          timeout: CONNECT_TIMEOUT_MS,
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
          // What the service announces is no request to itself.
          noEcho: true,
          // Only the servers that were named: what a cluster gossips may be reachable for its own members alone.
          ignoreClusterUpdates: true,
        });
        if (stop.signal.aborted) return await fresh.close();
        attempt = 0;
        await useConnection(fresh);
      } catch (error) {
        const level = attempt === 0 ? 'warn' : 'debug';
        log[level]({ err: error }, 'cannot connect to NATS; trying again until it can be reached');
        for (const tried of firstAttempt) tried();
      }
      await sleep(backoff(attempt), undefined, { signal: stop.signal }).catch(() => {});
    }
  };

  const useConnection = async (fresh: NatsConnection) => {
    connection = fresh;
    stopAnswering = answerRequests(fresh, { service, link: id, systemAccount, serverId, log });
    const greet = async () => {
      up = true;
      await countServers(fresh).catch(fault);
      log.info({ connectedTo: fresh.getServer(), serverCount: present.size }, 'link is up');
      outbox.retryNow();
      outbox.wake();
      compare(fresh);
    };
    await greet();
    for (const tried of firstAttempt) tried();
    const counting = setInterval(() => void (up && countServers(fresh).catch(fault)), COUNT_EVERY_MS);
    const comparison = setInterval(() => up && compare(fresh), COMPARE_EVERY_MS);
    for await (const status of fresh.status()) {
      if (status.type === 'reconnect') void greet();
      else if (status.type === 'disconnect') {
        up = false;
        if (!stop.signal.aborted) log.warn('link is down; reconnecting');
      }
    }
    clearInterval(counting);
    clearInterval(comparison);
    up = false;
    connection = null;
    const error = await fresh.closed();
    if (!stop.signal.aborted) log.warn({ err: error }, 'link ended; connecting anew');
  };

  /**
   * Who is in the system now. A server that was not there when the others confirmed an account (it joins, restarts, or was cut
   * off from them) may hold the account from before, revoked users and all: to it that is announced again.
   */
  const countServers = async (on: NatsConnection) => {
    const found = await pingServers(on, { waitMs: ANSWER_WAIT_MS }).catch(() => null);
    if (found === null || stop.signal.aborted) return;
    const came = [...found.keys()].some((server) => !present.has(server));
    present = found;
    if (!came) return;
    let reopened = 0;
    for (const kind of kinds) reopened += await kind.reopen(service, id, ids());
    if (reopened === 0) return;
    log.info({ serverCount: present.size, accounts: reopened }, 'a server came that has not confirmed all accounts');
    outbox.wake();
  };

  const compare = (on: NatsConnection) => {
    comparing ??= compareNow(on).finally(() => {
      comparing = null;
    });
  };

  const compareNow = async (on: NatsConnection) => {
    try {
      drift = await checkDrift({ service, link: id, systemAccount, connection: on, present: ids(), log });
      if (drift && drift.announced > 0) log.warn(drift, 'servers did not hold what they should: announced anew');
      outbox.wake();
    } catch (error) {
      fault(error);
    }
  };

  const outbox = startOutbox({
    service,
    link: id,
    log,
    kinds,
    connection: () => (up ? connection : null),
    present: ids,
    silent: async () => {
      if (connection) await countServers(connection).catch(fault);
    },
  });

  const unanswered = (message: string): ServerAnswer[] => [
    { server: servers.join(','), serverId: '', ok: false, message },
  ];
  const answered = async (kind: (typeof kinds)[number], account: string, version: string, waitMs: number) => {
    if (!up) return unanswered('not connected: it is announced when the link is back');
    const answers = await outbox.answered(kind, account, version, waitMs);
    return answers.length > 0 ? answers : unanswered('no server has answered yet: it is announced again');
  };
  const running = stayConnected();

  return {
    systemAccount,
    connected: () => up,
    present: () => present,
    drift: () => drift,
    tried: async (waitMs) => {
      if (up) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(end);
          firstAttempt.delete(done);
          resolve();
        };
        const end = setTimeout(done, waitMs);
        firstAttempt.add(done);
      });
    },
    announced: (account, jti, waitMs) => answered(accountAnnouncements, account, jti, waitMs),
    deleted: (account, version, waitMs) => answered(deletionAnnouncements, account, version, waitMs),
    ask: async (work) => (up && connection ? work(connection, present).catch(() => null) : null),
    jetStreamUse: async (account) =>
      up && connection ? jetStreamUse(connection, account, ids()).catch(() => null) : null,
    wake: outbox.wake,
    async close() {
      stop.abort();
      for (const tried of firstAttempt) tried();
      await stopAnswering();
      await outbox.stop();
      await connection?.close();
      await comparing;
      await running;
    },
  };
}
