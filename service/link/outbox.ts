/** Works off one link's part of the outbox: what each kind of row says is sent until every server there has confirmed it. */
import type { NatsConnection } from '@nats-io/nats-core';
import type { FastifyBaseLogger } from 'fastify';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import type { Service } from '../service.js';

/** What a kind of announcement works with. */
export interface Sending {
  service: Service;
  link: string;
  connection: NatsConnection;
  /** Ids of the servers that must confirm; none = they do not say who is there. */
  present: ReadonlySet<string>;
  waitMs: number;
}

export interface Attempt {
  /** Of the row that was announced: if a newer one has taken its place meanwhile, that is announced for itself. */
  version: string;
  answers: ServerAnswer[];
  done: boolean;
}

export interface DueRow {
  account: string;
  attempts: number;
}

/** Announcements of one kind: service/link/announce-account.ts and announce-deletion.ts. */
export interface AnnouncementKind {
  readonly name: 'update' | 'deletion';
  pending(service: Service, link: string, take: number): Promise<DueRow[]>;
  /** Null where there is nothing to tell any more. */
  send(sending: Sending, account: string): Promise<Attempt | null>;
  record(service: Service, link: string, account: string, attempt: Attempt): Promise<void>;
  /** Rows confirmed without one of these servers are pending again. Returns how many. */
  reopen(service: Service, link: string, present: ReadonlySet<string>): Promise<number>;
}

export interface Outbox {
  wake(): void;
  /** Nothing that failed before waits for its next attempt any longer. */
  retryNow(): void;
  /** The answers to this version of it; none when the time is over. */
  answered(kind: AnnouncementKind, account: string, version: string, waitMs: number): Promise<ServerAnswer[]>;
  stop(): Promise<void>;
}

export interface OutboxOptions {
  service: Service;
  link: string;
  log: FastifyBaseLogger;
  kinds: readonly AnnouncementKind[];
  /** Null while NATS is away. */
  connection(): NatsConnection | null;
  present(): ReadonlySet<string>;
  /** Some server that is expected said nothing. */
  silent(): Promise<void>;
}

/** How long the servers have to answer one announcement. */
export const ANSWER_WAIT_MS = 1_500;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;
/** Announcements under way at once, and rows read at once. */
const PARALLEL = 8;
const BATCH = 256;

export function startOutbox(options: OutboxOptions): Outbox {
  const { service, link, log, kinds, connection, present, silent } = options;
  const waiting = new Set<{ name: string; resolve(answers: ServerAnswer[]): void }>();
  const retryAt = new Map<string, number>();
  let working: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const wake = (): void => {
    again = true;
    if (working || stopped || !connection()) return;
    working = work()
      .catch((error: unknown) => {
        if (stopped) return;
        log.error({ err: error }, 'the outbox could not be worked off; trying again');
        clearTimeout(timer);
        timer = setTimeout(wake, RETRY_MAX_MS);
      })
      .finally(() => {
        working = null;
        if (again) wake();
      });
  };

  const work = async () => {
    clearTimeout(timer);
    while (again && connection() && !stopped) {
      again = false;
      for (const kind of kinds) await workOff(kind);
    }
    const next = Math.min(...retryAt.values());
    if (Number.isFinite(next)) timer = setTimeout(wake, Math.max(next - performance.now(), 0));
  };

  const workOff = async (kind: AnnouncementKind) => {
    const rows = await kind.pending(service, link, BATCH);
    const due = rows.filter(
      ({ account, attempts }) => attempts === 0 || (retryAt.get(named(kind, account)) ?? 0) <= performance.now(),
    );
    // Behind a full batch there may be more; when all of it waits for a next attempt, the timer brings us back.
    if (rows.length === BATCH && due.length > 0) again = true;
    for (let at = 0; at < due.length; at += PARALLEL) {
      await Promise.all(due.slice(at, at + PARALLEL).map((row) => announce(kind, row)));
    }
  };

  const announce = async (kind: AnnouncementKind, { account, attempts }: DueRow) => {
    const to = connection();
    if (!to) return;
    const name = named(kind, account);
    let attempt: Attempt | null;
    try {
      attempt = await kind.send({ service, link, connection: to, present: present(), waitMs: ANSWER_WAIT_MS }, account);
    } catch (error) {
      log.warn({ err: error, account, kind: kind.name }, 'announcement failed');
      retryAt.set(name, performance.now() + backoff(attempts));
      return;
    }
    if (attempt === null) return void retryAt.delete(name);
    const { version, answers, done } = attempt;
    if (!done) await silent();
    await kind.record(service, link, account, attempt);
    if (done) retryAt.delete(name);
    else retryAt.set(name, performance.now() + backoff(attempts));
    log[done ? 'info' : 'warn'](
      { account, kind: kind.name, version, answers },
      done ? 'announced' : 'not announced to all',
    );
    for (const one of waiting) if (one.name === named(kind, account, version)) one.resolve(answers);
  };

  return {
    wake,
    retryNow: () => retryAt.clear(),
    answered: (kind, account, version, waitMs) =>
      new Promise((resolve) => {
        const one = {
          name: named(kind, account, version),
          resolve: (answers: ServerAnswer[]) => {
            clearTimeout(end);
            waiting.delete(one);
            resolve(answers);
          },
        };
        const end = setTimeout(() => one.resolve([]), waitMs);
        waiting.add(one);
      }),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (const one of waiting) one.resolve([]);
      await working?.catch(() => {});
    },
  };
}

function named({ name }: AnnouncementKind, account: string, version = ''): string {
  return `${name} ${account} ${version}`;
}

/** Doubling from a quarter of a second to half a minute, with a spread so that many do not come back at once. */
export function backoff(attempts: number): number {
  const full = Math.min(RETRY_MIN_MS * 2 ** Math.min(attempts, 16), RETRY_MAX_MS);
  return full / 2 + Math.random() * (full / 2);
}

/** Every server that is there has said yes. Others that answer (caches that came, another service) do not stand in for one. */
export function allConfirmed(present: ReadonlySet<string>, answers: ServerAnswer[]): boolean {
  const ok = (id: string) => answers.some((one) => one.serverId === id && one.ok);
  if (present.size > 0) return [...present].every(ok);
  return answers.length > 0 && answers.every((one) => one.ok);
}

/** Some of these servers is not among those that answered. */
export function misses(present: ReadonlySet<string>, answers: string): boolean {
  const confirmed = new Set((JSON.parse(answers) as ServerAnswer[]).map(({ serverId }) => serverId));
  return [...present].some((server) => !confirmed.has(server));
}
