import type { Connection } from '../connection/connection.js';
import { wireBytes } from '../protocol/text.js';
import type { InternalMessage } from './internal.js';

/** Interest of one connection, or of the broker itself, in a subject. Subject, queue and sid are byte strings. */
export class Subscription {
  readonly subject: string;
  /** Empty for a plain subscription. */
  readonly queue: string;
  readonly sid: string;
  /** The sid and the blank behind it, as they go out in a MSG line. */
  readonly sidBytes: Buffer;
  /** Null for a subscription of the broker itself. */
  readonly connection: Connection | null;
  /** Of the broker's own. False = not for this one: in a queue group another member gets it. */
  readonly handler: ((message: InternalMessage) => unknown) | null;
  /** True = this message must not be delivered to it: a deny entry overlaps the subscription. */
  filter: ((subject: string) => boolean) | null = null;
  /** Ends after so many messages; 0 = unbounded. */
  max = 0;
  delivered = 0;
  closed = false;

  constructor(
    subject: string,
    queue: string,
    sid: string,
    connection: Connection | null,
    handler: ((message: InternalMessage) => unknown) | null = null,
  ) {
    this.subject = subject;
    this.queue = queue;
    this.sid = sid;
    this.sidBytes = wireBytes(`${sid} `);
    this.connection = connection;
    this.handler = handler;
  }
}
