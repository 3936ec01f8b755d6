/** One request to every server of a system: answers are collected until all are there, or nothing comes any more. */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';

export interface GatherOptions {
  /** Stop as soon as so many servers answered. Unknown = wait for quiet. */
  expectServers?: number;
  /** Milliseconds for all of it. */
  waitMs: number;
  /** Milliseconds without another answer that end the wait when the number of servers is unknown. */
  quietMs?: number;
}

const QUIET_MS = 200;
/** A supercluster has hundreds of servers, not thousands; beyond this somebody is making answers up. */
export const MAX_ANSWERS = 4_096;
/** A pack has one message an account; a nats-server answers with a megabyte at most each. */
export const MAX_GATHERED_BYTES = 512 * 1024 * 1024;

export interface Gathering extends GatherOptions {
  /** Told of every answer; true ends it. */
  enough?: (answer: Msg) => boolean;
  /** Only `enough` or the end of the wait ends it, no quiet. */
  patient?: boolean;
  /** Answers beyond it are not read. */
  maxAnswers?: number;
}

/** @returns the answers; empty where nobody in the system listens */
export async function gather(
  connection: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  { expectServers, waitMs, quietMs = QUIET_MS, enough, patient = false, maxAnswers = MAX_ANSWERS }: Gathering,
): Promise<Msg[]> {
  return new Promise((resolve, reject) => {
    const answers: Msg[] = [];
    let bytes = 0;
    const inbox = createInbox();
    let quiet: NodeJS.Timeout | undefined;
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return finish(error);
        // "No responders" is an empty message with a status header: nobody in the system listens.
        if (message.data.length === 0 && message.headers?.code === 503) return finish();
        answers.push(message);
        bytes += message.data.length;
        if (enough?.(message) || answers.length >= Math.min(expectServers ?? maxAnswers, maxAnswers)) return finish();
        if (bytes > MAX_GATHERED_BYTES) return finish();
        if (expectServers === undefined && !patient) {
          clearTimeout(quiet);
          quiet = setTimeout(finish, quietMs);
        }
      },
    });
    const end = setTimeout(finish, waitMs);
    let ended = false;
    function finish(error?: Error): void {
      if (ended) return;
      ended = true;
      clearTimeout(end);
      clearTimeout(quiet);
      // To a connection that is being closed nothing may be written any more.
      if (!connection.isClosed() && !subscription.isClosed()) subscription.unsubscribe();
      if (error) reject(error);
      else resolve(answers);
    }
    // Of the subscription, not of the connection: what waits for a connection that lasts would pile up.
    void subscription.closed.then(() => finish(new Error('the connection ended before the answers came')));
    try {
      connection.publish(subject, payload, { reply: inbox });
    } catch (error) {
      // Longer than the server takes: known before anything is sent, and nothing is waited for.
      finish(error as Error);
    }
  });
}
