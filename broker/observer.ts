import type { Account } from './account/account.js';
import type { Connection } from './connection/connection.js';
import type { CloseReason } from './connection/faults.js';
import { codeOf, type Logger, stackOf } from './log.js';

/** What parts of the broker that tell of connections (system events, monitoring) want to know. Called in the middle of serving: quick. */
export interface Observer {
  /** Authenticated and bound to its account, not answered yet. */
  connected?(connection: Connection): void;
  /** Not let in: `account` is where that is to be told besides the system account; the reason is safe to show. `closed` follows. */
  refused?(connection: Connection, account: Account | null, reason: string): void;
  /** Ended; `connection.account` is null for one that never was authenticated. Its subscriptions are still listed. */
  closed?(connection: Connection, reason: CloseReason): void;
  /** It begins to let go of its clients. */
  lameDuck?(): void;
  /** An account object was made, changed by new claims, or let go. */
  accountChanged?(account: Account): void;
}

/** A defect of an observer is logged and keeps nobody from being served. */
export class Observers {
  readonly #all: Observer[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(observer: Observer): void {
    this.#all.push(observer);
  }

  connected(connection: Connection): void {
    this.#tell((each) => each.connected?.(connection));
  }

  refused(connection: Connection, account: Account | null, reason: string): void {
    this.#tell((each) => each.refused?.(connection, account, reason));
  }

  closed(connection: Connection, reason: CloseReason): void {
    this.#tell((each) => each.closed?.(connection, reason));
  }

  lameDuck(): void {
    this.#tell((each) => each.lameDuck?.());
  }

  accountChanged(account: Account): void {
    this.#tell((each) => each.accountChanged?.(account));
  }

  #tell(what: (observer: Observer) => void): void {
    for (const each of this.#all) {
      try {
        what(each);
      } catch (error) {
        this.#log.error({ code: codeOf(error), stack: stackOf(error) }, 'an observer failed');
      }
    }
  }
}
