import { setImmediate } from 'node:timers/promises';
import { changesIn } from './changed-accounts.js';
import type { Queries } from './open.js';

type Transaction = <T>(work: (tx: Queries) => Promise<T>) => Promise<T>;
type Work<T> = (tx: Queries) => Promise<T>;

interface Waiting {
  work: Work<unknown>;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Work of one transaction, well inside its time. */
const MAX_GROUP = 32;

/**
 * libSQL works in the caller's turn of the event loop, so a whole transaction can go by before the next socket is looked at. After
 * this everything that has come in waits in the queue, and readers have been answered.
 */
const turn = (): Promise<void> => setImmediate();

/** Thrown out of a transaction to have it rolled back. */
class Spoiled extends Error {}

/**
 * Group commit: what comes while a transaction runs is done in the next one, one work after the other. Each still stands by itself: it
 * is answered after the commit, and one that fails after it has noted a change (`noteChanged`, before it writes) takes the group
 * back, whose works are then done each in a transaction of its own. To write nothing before that note is the caller's part.
 */
export function grouped(transaction: Transaction): Transaction {
  const queue: Waiting[] = [];
  let running = false;

  const drain = async () => {
    running = true;
    while (queue.length > 0) {
      await turn();
      await runGroup(transaction, queue.splice(0, MAX_GROUP));
    }
    running = false;
  };
  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      queue.push({ work, resolve, reject });
      if (!running) void drain();
    });
}

async function runGroup(transaction: Transaction, group: Waiting[]): Promise<void> {
  if (group.length === 1) return runAlone(transaction, group);
  try {
    const answers = await transaction(async (tx) => {
      const done: (() => void)[] = [];
      for (const { work, resolve, reject } of group) {
        const before = changesIn(tx);
        try {
          const value = (await work(tx)) as never;
          done.push(() => resolve(value));
        } catch (error) {
          if (changesIn(tx) !== before) throw new Spoiled();
          done.push(() => reject(error));
        }
        await turn();
      }
      return done;
    });
    for (const answer of answers) answer();
  } catch (error) {
    if (error instanceof Spoiled) await runAlone(transaction, group);
    else for (const { reject } of group) reject(error);
  }
}

async function runAlone(transaction: Transaction, group: Waiting[]): Promise<void> {
  for (const { work, resolve, reject } of group) {
    await transaction(work).then((value) => resolve(value as never), reject);
  }
}
