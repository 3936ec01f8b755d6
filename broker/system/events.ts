import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import type { CloseReason } from '../connection/faults.js';
import { ACCOUNT_EVENTS_MS, FIRST_STATSZ_MS, STATSZ_MS, STATSZ_RATE_MS } from '../limits.js';
import { goJson } from '../monitor/go-json.js';
import { statsz } from '../monitor/statsz.js';
import type { Observer } from '../observer.js';
import { accountAdvisory, connectAdvisory, disconnectAdvisory } from './advisory.js';
import { publishInternally, serverInfo } from './replies.js';

const GLOBAL = '$G';

/**
 * What the broker tells of itself in the system account. An event for which nobody in that account is listening is not built:
 * then a connection costs a look at the interest, and without anybody in the account not even that.
 */
export class SystemEvents implements Observer {
  readonly #broker: Broker;
  #statszTimer: NodeJS.Timeout | null = null;
  #statszInterval = FIRST_STATSZ_MS;
  #lastStatsz = 0;
  #accountTimer: NodeJS.Timeout | null = null;
  readonly #refused = new WeakSet<Connection>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  start(): void {
    this.#accountTimer = setInterval(() => this.#tellOfAccounts(), ACCOUNT_EVENTS_MS).unref();
    this.#scheduleStatsz();
  }

  /** Says that the server ends; nothing comes after it. */
  stop(): void {
    if (this.#accountTimer !== null) clearInterval(this.#accountTimer);
    if (this.#statszTimer !== null) clearTimeout(this.#statszTimer);
    this.#accountTimer = null;
    this.#tellOfServer('SHUTDOWN');
  }

  lameDuck(): void {
    this.#tellOfServer('LAMEDUCK');
  }

  connected(connection: Connection): void {
    const { account } = connection;
    if (account === null || !this.#isHeard) return;
    this.#tellOfConnections(account);
    this.#tell(`$SYS.ACCOUNT.${account.id}.CONNECT`, () => connectAdvisory(this.#broker, connection));
  }

  refused(connection: Connection, account: Account | null, reason: string): void {
    this.#refused.add(connection);
    this.#tellOfRefusal(connection, account, reason);
  }

  closed(connection: Connection, reason: CloseReason): void {
    const { account } = connection;
    if (account === null && reason === 'Authentication Failure' && !this.#refused.has(connection)) {
      // Before its CONNECT was looked at: it was nobody's, which is what the global account is for.
      this.#tellOfRefusal(connection, this.#broker.accounts.get(GLOBAL) ?? null, reason);
    }
    if (!this.#isHeard) return;
    if (account !== null) this.#tellOfConnections(account);
    this.#tell(`$SYS.ACCOUNT.${account?.id ?? GLOBAL}.DISCONNECT`, () =>
      disconnectAdvisory(this.#broker, connection, reason),
    );
  }

  /** To the system account, and in the account itself where it is one's own business. */
  #tellOfRefusal(connection: Connection, account: Account | null, reason: string): void {
    const build = (): object => disconnectAdvisory(this.#broker, connection, reason);
    const subject = '$SYS.ACCOUNT.CLIENT.AUTH.ERR';
    if (account !== null && hasListener(account, subject)) publishEvent(account, subject, build());
    this.#tell(`$SYS.SERVER.${this.#broker.serverId}.CLIENT.AUTH.ERR`, build);
  }

  /** Now, whatever the schedule is; twice within a second only when asked for. */
  announceStatsz(): void {
    this.#lastStatsz = 0;
    this.#tellStatsz();
  }

  #scheduleStatsz(): void {
    this.#statszTimer = setTimeout(() => {
      this.#statszInterval = Math.min(this.#statszInterval * 2, STATSZ_MS);
      this.#scheduleStatsz();
      this.#tellStatsz();
    }, this.#statszInterval).unref();
  }

  #tellStatsz(): void {
    const now = Date.now();
    if (now - this.#lastStatsz < Math.min(STATSZ_RATE_MS, this.#statszInterval)) return;
    this.#lastStatsz = now;
    const broker = this.#broker;
    this.#tell(`$SYS.SERVER.${broker.serverId}.STATSZ`, () => ({ server: serverInfo(broker), statsz: statsz(broker) }));
  }

  #tellOfServer(what: 'SHUTDOWN' | 'LAMEDUCK'): void {
    const broker = this.#broker;
    this.#tell(`$SYS.SERVER.${broker.serverId}.${what}`, () => serverInfo(broker));
  }

  /** Of every account in use, so that who counts connections notices a server that is gone. */
  #tellOfAccounts(): void {
    if (!this.#isHeard) return;
    for (const account of this.#broker.accounts.all()) {
      if (account.connections.size > 0) this.#tellOfConnections(account);
    }
  }

  #tellOfConnections(account: Account): void {
    if (account.id === GLOBAL) return;
    // The first is what nats-server called it before.
    for (const subject of [`$SYS.SERVER.ACCOUNT.${account.id}.CONNS`, `$SYS.ACCOUNT.${account.id}.SERVER.CONNS`]) {
      this.#tell(subject, () => accountAdvisory(this.#broker, account));
    }
  }

  /** Anybody is there who could be listening. */
  get #isHeard(): boolean {
    const system = this.#broker.accounts.systemAccount;
    return system !== undefined && (system.connections.size > 0 || system.streamImporters.size > 0);
  }

  #tell(subject: string, build: () => object): void {
    const system = this.#broker.accounts.systemAccount;
    if (system === undefined || !this.#isHeard || !hasListener(system, subject)) return;
    publishEvent(system, subject, build());
  }
}

function hasListener(account: Account, subject: string): boolean {
  // An importer's interest is the route's to find.
  if (account.streamImporters.size > 0) return true;
  const { plain, groups } = account.interest.match(subject);
  return plain.some(({ connection }) => connection !== null) || groups.size > 0;
}

function publishEvent(account: Account, subject: string, event: object): void {
  publishInternally(account, subject, Buffer.from(goJson(event), 'utf8'));
}
