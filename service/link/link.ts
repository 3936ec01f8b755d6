import { setTimeout as sleep } from 'node:timers/promises';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { FastifyBaseLogger } from 'fastify';
import type { Announcement } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { listServers, updateAccount } from '../../resolver/nats.js';
import type { Store } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface Link {
  connected(): boolean;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  tried(waitMs: number): Promise<void>;
  /** What the servers answered to this version of the account, or why there is no answer yet. Never waits while NATS is away. */
  announced(account: string, jti: string, waitMs: number): Promise<ServerAnswer[]>;
  wake(): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  id: string;
  servers: string[];
  creds: string;
  store: Store;
  log: FastifyBaseLogger;
  now(): number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** How long the servers have to answer one announcement. */
const ANSWER_WAIT_MS = 1_500;
/** A cluster grows and shrinks: how often its servers are counted anew. One that comes back is told so soon what it missed. */
const COUNT_EVERY_MS = 5_000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;
/** Announcements under way at once, and rows read at once. */
const PARALLEL = 8;
const BATCH = 256;

/** Keeps one connection to a NATS system and works off its part of the outbox until every server there has confirmed. */
export function startLink({ id, servers, creds, store, log, now }: LinkOptions): Link {
  const stop = new AbortController();
  const waiting = new Set<{ account: string; jti: string; resolve(answers: ServerAnswer[]): void }>();
  const retryAt = new Map<string, number>();
  const firstAttempt = new Set<() => void>();
  let connection: NatsConnection | null = null;
  let up = false;
  /** Servers in the system when last counted (none = they do not say), each of which has confirmed all that is not pending. */
  let present = new Set<string>();
  const expected = () => present.size;
  let working: Promise<void> | null = null;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

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
    const greet = async () => {
      up = true;
      await countServers(fresh).catch(outboxFault);
      log.info({ connectedTo: fresh.getServer(), serverCount: expected() }, 'link is up');
      retryAt.clear();
      wake();
    };
    await greet();
    for (const tried of firstAttempt) tried();
    const counting = setInterval(() => void (up && countServers(fresh).catch(outboxFault)), COUNT_EVERY_MS);
    for await (const status of fresh.status()) {
      if (status.type === 'reconnect') void greet();
      else if (status.type === 'disconnect') {
        up = false;
        if (!stop.signal.aborted) log.warn('link is down; reconnecting');
      }
    }
    clearInterval(counting);
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
    const found = await listServers(on, { waitMs: ANSWER_WAIT_MS }).catch(() => null);
    if (found === null) return;
    const came = [...found].some((server) => !present.has(server));
    present = found;
    if (came && !stop.signal.aborted) await announceToNewcomers();
  };

  const announceToNewcomers = async () => {
    const acked = await store.db.announcement.findMany({
      where: { linkId: id, state: 'acked' },
      select: { accountKey: true, jti: true, answers: true },
    });
    const due = acked.filter(({ answers }) => {
      const confirmed = new Set((JSON.parse(answers) as ServerAnswer[]).map(({ serverId }) => serverId));
      return [...present].some((server) => !confirmed.has(server));
    });
    if (due.length === 0) return;
    log.info({ serverCount: expected(), accounts: due.length }, 'a server came that has not confirmed all accounts');
    for (const { accountKey, jti } of due) {
      await store.db.announcement.updateMany({
        where: { linkId: id, accountKey, jti },
        data: { state: 'pending', attempts: 0, updatedAt: BigInt(now()) },
      });
    }
    wake();
  };

  function wake(): void {
    again = true;
    if (working || !up || stop.signal.aborted) return;
    working = work()
      .catch(outboxFault)
      .finally(() => {
        working = null;
        if (again) wake();
      });
  }

  const outboxFault = (error: unknown) => {
    if (stop.signal.aborted) return;
    log.error({ err: error }, 'the outbox could not be worked off; trying again');
    clearTimeout(timer);
    timer = setTimeout(wake, RETRY_MAX_MS);
  };

  const work = async () => {
    clearTimeout(timer);
    while (again && up && !stop.signal.aborted) {
      again = false;
      const rows = await pendingRows();
      const due = rows.filter(isDue);
      // Behind a full batch there may be more; when all of it waits for a next attempt, the timer brings us back.
      if (rows.length === BATCH && due.length > 0) again = true;
      for (let at = 0; at < due.length; at += PARALLEL) {
        await Promise.all(due.slice(at, at + PARALLEL).map((row) => announceOne(row)));
      }
    }
    const next = Math.min(...retryAt.values());
    if (Number.isFinite(next)) timer = setTimeout(wake, Math.max(next - performance.now(), 0));
  };

  const pendingRows = (): Promise<Announcement[]> =>
    store.db.announcement.findMany({
      where: { linkId: id, state: 'pending' },
      orderBy: [{ attempts: 'asc' }, { updatedAt: 'asc' }],
      take: BATCH,
    });

  const isDue = ({ accountKey, attempts }: Announcement): boolean =>
    attempts === 0 || (retryAt.get(accountKey) ?? 0) <= performance.now();

  const announceOne = async ({ accountKey, attempts }: Announcement) => {
    const account = await store.db.account.findUnique({
      where: { key: accountKey },
      select: { key: true, jwt: true, jti: true },
    });
    const to = connection;
    if (!account || !to) return;
    let answers: ServerAnswer[] = [];
    try {
      const expectServers = expected() > 0 ? { expectServers: expected() } : {};
      answers = await updateAccount(to, accountKey, readStored('account', account).token, {
        ...expectServers,
        waitMs: ANSWER_WAIT_MS,
      });
      if (answers.length < expected()) await countServers(to);
    } catch (error) {
      log.warn({ err: error, account: accountKey }, 'announcement failed');
    }
    const acked = answers.length > 0 && answers.length >= expected() && answers.every(({ ok }) => ok);
    await store.db.announcement.updateMany({
      // Only if no newer version has taken its place meanwhile; that one is announced for itself.
      where: { linkId: id, accountKey, jti: account.jti },
      data: {
        state: acked ? 'acked' : 'pending',
        attempts: { increment: 1 },
        answers: JSON.stringify(answers),
        updatedAt: BigInt(now()),
      },
    });
    if (acked) retryAt.delete(accountKey);
    else retryAt.set(accountKey, performance.now() + backoff(attempts));
    log[acked ? 'info' : 'warn'](
      { account: accountKey, jti: account.jti, answers },
      acked ? 'announced' : 'not announced to all',
    );
    for (const one of waiting) if (one.account === accountKey && one.jti === account.jti) one.resolve(answers);
  };

  const unanswered = (message: string): ServerAnswer => ({
    server: servers.join(','),
    serverId: '',
    ok: false,
    message,
  });
  const running = stayConnected();

  return {
    connected: () => up,
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
    announced: async (account, jti, waitMs) => {
      if (!up) return [unanswered('not connected: it is announced when the link is back')];
      return new Promise((resolve) => {
        const one = {
          account,
          jti,
          resolve: (answers: ServerAnswer[]) => {
            clearTimeout(end);
            waiting.delete(one);
            resolve(answers.length > 0 ? answers : [unanswered('no server has answered yet: it is announced again')]);
          },
        };
        const end = setTimeout(() => one.resolve([]), waitMs);
        waiting.add(one);
      });
    },
    wake,
    async close() {
      stop.abort();
      clearTimeout(timer);
      for (const one of waiting) one.resolve([]);
      for (const tried of firstAttempt) tried();
      await working?.catch(() => {});
      await connection?.close();
      await running;
    },
  };
}

/** Doubling from a quarter of a second to half a minute, with a spread so that many do not come back at once. */
function backoff(attempts: number): number {
  const full = Math.min(RETRY_MIN_MS * 2 ** Math.min(attempts, 16), RETRY_MAX_MS);
  return full / 2 + Math.random() * (full / 2);
}
