import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import { type Prisma, PrismaClient } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import { checkDatabase, refuseEmptied } from './check.js';
import { openConnection, SingleConnectionAdapter } from './connection.js';
import { DATABASE_FILE } from './data-dir.js';
import { libsqlExecutor } from './executor.js';
import { migrate } from './migrate.js';

export type Database = PrismaClient;
/** What repositories work on: the database itself, or one transaction of it. */
export type Queries = Prisma.TransactionClient;

export interface Store {
  readonly db: Database;
  /** Runs `work` as one transaction: all of its writes, or none. Transactions follow each other, one at a time. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
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

/** What a store does at the end of its transactions, and after them. */
export function transactionHooks() {
  const finishers: ((tx: Queries) => Promise<void>)[] = [];
  const followers: (() => void)[] = [];
  return {
    beforeCommit: (finish: (tx: Queries) => Promise<void>) => void finishers.push(finish),
    afterCommit: (told: () => void) => void followers.push(told),
    /** `transact` runs what it is given as one transaction. */
    async around<T>(
      transact: (all: (tx: Queries) => Promise<T>) => Promise<T>,
      work: (tx: Queries) => Promise<T>,
    ): Promise<T> {
      const result = await transact(async (tx) => {
        const done = await work(tx);
        for (const finish of finishers) await finish(tx);
        return done;
      });
      for (const told of followers) told();
      return result;
    },
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
    const { around, ...hooks } = transactionHooks();
    return {
      db,
      transaction: (work) => around((all) => db.$transaction(all), work),
      ...hooks,
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
