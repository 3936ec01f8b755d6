import { isNatsctlError } from '../../claims/errors.js';
import { turn } from '../turn.js';
import { changedBy, changesIn } from './changed-accounts.js';
import type { Queries } from './open.js';

type Transaction = <T>(work: (tx: Queries) => Promise<T>) => Promise<T>;

/** A change of one account, in the two steps that let others share its transaction. */
export interface GroupedWork<R, T> {
  /** Public key of the account. */
  account: string;
  /** What the change has to know of the database. Asked for all of a group at once, which Prisma makes one query of. */
  read: (tx: Queries) => Promise<R>;
  write: (tx: Queries, read: R) => Promise<T>;
}

interface Waiting {
  work: GroupedWork<unknown, unknown>;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Work of one transaction, well inside its time. */
const MAX_GROUP = 32;

/** Thrown out of a transaction to have it rolled back. */
class Spoiled extends Error {}

/**
 * Group commit: what comes while a transaction runs is done in the next one, one work after the other. Each still stands by itself: it
 * is answered after the commit, and one that fails after it has noted a change (`noteChanged`, before it writes) takes the group
 * back, whose works are then done each in a transaction of its own. So does a failure that is no refusal of ours: PostgreSQL refuses
 * whatever follows a statement that failed, which would be told to works that are without fault. To write nothing before that note
 * is the caller's part.
 */
export function grouped(transaction: Transaction): <R, T>(work: GroupedWork<R, T>) => Promise<T> {
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
  return <R, T>(work: GroupedWork<R, T>) =>
    new Promise<T>((resolve, reject) => {
      queue.push({ work: work as GroupedWork<unknown, unknown>, resolve, reject });
      if (!running) void drain();
    });
}

async function runGroup(transaction: Transaction, group: Waiting[]): Promise<void> {
  if (group.length === 1) return runAlone(transaction, group);
  try {
    const answers = await transaction(async (tx) => {
      const done: (() => void)[] = [];
      const reads = await Promise.allSettled(group.map(({ work }) => work.read(tx)));
      for (const [at, { work, resolve, reject }] of group.entries()) {
        const before = changesIn(tx);
        try {
          const value = (await work.write(tx, await readOf(tx, work, reads[at]))) as never;
          done.push(() => resolve(value));
        } catch (error) {
          if (!isNatsctlError(error) || changesIn(tx) !== before) throw new Spoiled();
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

/** What was read for a work, unless one before it in the group changed that account. */
function readOf(
  tx: Queries,
  { account, read }: Waiting['work'],
  was: PromiseSettledResult<unknown> | undefined,
): Promise<unknown> | unknown {
  if (was === undefined || changedBy(tx).includes(account)) return read(tx);
  if (was.status === 'rejected') throw was.reason;
  return was.value;
}

async function runAlone(transaction: Transaction, group: Waiting[]): Promise<void> {
  for (const { work, resolve, reject } of group) {
    await transaction(async (tx) => work.write(tx, await work.read(tx))).then(
      (value) => resolve(value as never),
      reject,
    );
  }
}
