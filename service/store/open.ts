import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import { type Prisma, PrismaClient } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import { checkDatabase, refuseEmptied } from './check.js';
import { openConnection, SingleConnectionAdapter } from './connection.js';
import { DATABASE_FILE } from './data-dir.js';
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
const TRANSACTION_MAX_WAIT_MS = 25_000;
const TRANSACTION_TIMEOUT_MS = 15_000;

/** Opens (or makes) the database of a prepared data folder and brings its tables up to date. */
export async function openStore(dir: string): Promise<Store> {
  const file = path.join(dir, DATABASE_FILE);
  try {
    await refuseEmptied(dir);
    const client = await openConnection(file);
    try {
      await migrate(client);
      await checkDatabase(client);
    } catch (error) {
      client.close();
      throw error;
    }
    const db = new PrismaClient({
      adapter: new SingleConnectionAdapter(client),
      transactionOptions: { maxWait: TRANSACTION_MAX_WAIT_MS, timeout: TRANSACTION_TIMEOUT_MS },
      errorFormat: 'minimal',
    });
    await db.$connect();
    const finishers: ((tx: Queries) => Promise<void>)[] = [];
    const followers: (() => void)[] = [];
    return {
      db,
      transaction: async (work) => {
        const result = await db.$transaction(async (tx) => {
          const done = await work(tx);
          for (const finish of finishers) await finish(tx);
          return done;
        });
        for (const told of followers) told();
        return result;
      },
      beforeCommit: (finish) => void finishers.push(finish),
      afterCommit: (told) => void followers.push(told),
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
