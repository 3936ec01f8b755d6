import { NatsctlError } from '../../claims/errors.js';
import type { Idempotency } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries, Store } from '../store/open.js';

/** A request that is carried out once, however often it comes. */
export interface Attempt {
  readonly id: string;
  readonly fingerprint: string;
  /**
   * Writes down, in the transaction of a change, that the request led to it. So there is no moment in which a change is made and
   * its request could be carried out again, whenever the service ends.
   */
  note(tx: Queries, change: { action: string; entity: string }): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Null where it held credentials, or too much. */
  body: string | null;
}

export interface Attempts {
  /**
   * Begins a request, or tells how it ended.
   *
   * @throws NatsctlError ERR_IDEMPOTENCY_MISMATCH, ERR_IDEMPOTENCY_RUNNING, and ERR_IDEMPOTENCY_DONE where the answer is gone
   */
  begin(id: string, fingerprint: string): Promise<Attempt | Answer>;
  /** Keeps the answer of an attempt that succeeded. */
  keep(attempt: Attempt, answer: Answer): Promise<void>;
  end(attempt: Attempt): void;
}

/** How long a key is known; a client that tries for longer asks what became of it. */
const KEPT_SECONDS = 24 * 3_600;

/** One service at a time works on a database, so what is running stands in memory, and ends with the process. */
export function openAttempts(store: Store, now: () => number): Attempts {
  const running = new Set<string>();

  const attemptOf = (id: string, fingerprint: string): Attempt => {
    let noted: Queries | undefined;
    return {
      id,
      fingerprint,
      async note(tx, { action, entity }) {
        if (noted === tx) return;
        noted = tx;
        const at = now();
        await tx.idempotency.deleteMany({ where: { createdAt: { lte: BigInt(at - KEPT_SECONDS) } } });
        const row = { fingerprint, action, entity, createdAt: BigInt(at) };
        await tx.idempotency.upsert({ where: { id }, create: { id, ...row }, update: {} });
      },
    };
  };

  return {
    async begin(id, fingerprint) {
      if (running.has(id)) throw isRunning();
      running.add(id);
      try {
        const row = await store.db.idempotency.findUnique({ where: { id } });
        if (!row || row.createdAt <= BigInt(now() - KEPT_SECONDS)) return attemptOf(id, fingerprint);
        if (row.fingerprint !== fingerprint) throw isAnother();
        running.delete(id);
        return answerOf(row);
      } catch (error) {
        running.delete(id);
        throw error;
      }
    },

    async keep({ id, fingerprint }, { status, headers, body }) {
      const answer = { status, headers: JSON.stringify(headers), body };
      const createdAt = BigInt(now());
      await store.db.idempotency.upsert({
        where: { id },
        // What changed nothing wrote nothing down.
        create: { id, fingerprint, createdAt, ...answer },
        update: answer,
      });
    },

    end({ id }) {
      running.delete(id);
    },
  };
}

function answerOf(row: Idempotency): Answer {
  const { status, body } = row;
  const headers = row.headers === null ? {} : (JSON.parse(row.headers) as Record<string, string>);
  if (status !== null && body !== null) return { status, headers, body };
  throw isDone(row, headers.location);
}

/** Names what was made, which its caller can read, and why its answer is not given again. */
function isDone({ status, action, entity }: Idempotency, location: string | undefined): NatsctlError<ServiceErrorCode> {
  const what = action === null ? 'it' : `${action} of ${entity}`;
  const where = location === undefined ? '' : `, ${location}`;
  const why =
    status === null ? 'the service ended before it was sent' : 'it may hold credentials, which are given once';
  return new NatsctlError(
    'ERR_IDEMPOTENCY_DONE',
    `this request was carried out before (${what}${where}); its answer is not kept: ${why}`,
    {
      hint: 'read what it made; where its credentials are lost, delete it and make another under a new key',
      details: { entity, ...(location !== undefined && { location }) },
    },
  );
}

function isAnother(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_IDEMPOTENCY_MISMATCH', 'this Idempotency-Key was used for another request', {
    hint: 'use a new key for each change, and the same one only to send the same change again',
  });
}

function isRunning(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_IDEMPOTENCY_RUNNING', 'a request with this Idempotency-Key is being carried out', {
    hint: 'wait for its answer, or ask again in a moment',
  });
}
