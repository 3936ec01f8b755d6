import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import { type Prisma, PrismaClient } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import { putAppended } from './appended.js';
import { changedBy } from './changed-accounts.js';
import { checkDatabase, refuseEmptied } from './check.js';
import { openConnection, SingleConnectionAdapter } from './connection.js';
import { DATABASE_FILE } from './data-dir.js';
import { libsqlExecutor } from './executor.js';
import { type GroupedWork, grouped } from './grouped.js';
import { migrate } from './migrate.js';

export type Database = PrismaClient;
/** What repositories work on: the database itself, or one transaction of it. */
export type Queries = Prisma.TransactionClient;

export interface Store {
  readonly db: Database;
  /** Runs `work` as one transaction: all of its writes, or none. Transactions follow each other, one at a time. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** As `transaction`, together with others that wait at the same time (service/store/grouped.ts). */
  grouped<R, T>(work: GroupedWork<R, T>): Promise<T>;
  /** Calls back for every account a transaction wrote, after its end and before whoever asked for it hears of it. */
  onChanged(listener: (accountKey: string) => void): void;
  /** Runs `finish` at the end of every transaction from now on, as a part of it. */
  beforeCommit(finish: (tx: Queries) => Promise<void>): void;
  /** Calls `told` after every transaction that was committed. */
  afterCommit(told: () => void): void;
  close(): Promise<void>;
}

/** Milliseconds: how long a writer may queue behind others, and how long one may work. */
export const TRANSACTIONS = { maxWait: 25_000, timeout: 15_000 };

/**
 * Opens (or makes) the database of a prepared data folder, or the PostgreSQL database a URL names, and brings its tables up to
 * date.
 */
export async function openStore(dir: string, databaseUrl?: string): Promise<Store> {
  if (databaseUrl === undefined) return openFile(dir);
  // A service on libSQL never loads PostgreSQL's driver and client.
  const { openPostgres } = await import('./open-postgres.js');
  return openPostgres(databaseUrl);
}

/** Whether a service was there before: in the data folder, or in the PostgreSQL database that takes the place of its file. */
export async function holdsDatabase(dir: string, databaseUrl?: string): Promise<boolean> {
  const stat = await lstat(path.join(dir, DATABASE_FILE)).catch(() => null);
  if (stat !== null && stat.size > 0) return true;
  return databaseUrl !== undefined && (await import('./open-postgres.js')).holdsService(databaseUrl);
}

/**
 * A store's transactions, and what it does at the end of each and after it.
 *
 * @param transact runs what it is given as one transaction, after every one before it
 */
export function transactions(
  transact: <T>(work: (tx: Queries) => Promise<T>) => Promise<T>,
): Pick<Store, 'transaction' | 'grouped' | 'onChanged' | 'beforeCommit' | 'afterCommit'> {
  const finishers: ((tx: Queries) => Promise<void>)[] = [];
  const listeners: ((accountKey: string) => void)[] = [];
  const followers: (() => void)[] = [];
  const transaction = async <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    let began: Queries | undefined;
    try {
      const result = await transact(async (tx) => {
        began = tx;
        const done = await work(tx);
        await putAppended(tx);
        for (const finish of finishers) await finish(tx);
        return done;
      });
      for (const told of followers) told();
      return result;
    } finally {
      // Also after a failure: one of the commit does not say that nothing was written.
      for (const key of began ? changedBy(began) : []) for (const listener of listeners) listener(key);
    }
  };
  return {
    transaction,
    grouped: grouped(transaction),
    onChanged: (listener) => void listeners.push(listener),
    beforeCommit: (finish) => void finishers.push(finish),
    afterCommit: (told) => void followers.push(told),
  };
}

async function openFile(dir: string): Promise<Store> {
  const file = path.join(dir, DATABASE_FILE);
  try {
    await refuseEmptied(dir);
    const client = await openConnection(file);
    try {
      await migrate(libsqlExecutor(client));
      await checkDatabase(client);
    } catch (error) {
      client.close();
      throw error;
    }
    const db = new PrismaClient({
      adapter: new SingleConnectionAdapter(client),
      transactionOptions: TRANSACTIONS,
      errorFormat: 'minimal',
    });
    await db.$connect();
    return {
      db,
      ...transactions((work) => db.$transaction(work)),
      close: async () => {
        // What is in the log goes into the file, so that the file alone is a copy of everything.
        await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
        await db.$disconnect();
      },
    };
  } catch (error) {
    if (error instanceof NatsctlError) throw error;
    throw new NatsctlError<ServiceErrorCode>('ERR_DATABASE', `cannot open the database ${file}: ${text(error)}`, {
      hint: 'restore it from a backup, or move it away to begin anew',
      details: { file },
      cause: error,
    });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
