import { PrismaPg } from '@prisma/adapter-pg';
import { Client, DatabaseError, Pool } from 'pg';
import { isNatsctlError } from '../../claims/errors.js';
import { PrismaClient } from '../../prisma/generated/postgres/client.js';
import { unavailable } from './database-error.js';
import { postgresExecutor } from './executor.js';
import { migrate } from './migrate.js';
import { type Database, type Queries, type Store, TRANSACTIONS, transactions } from './open.js';
import { ADVISORY, advisoryLock } from './postgres-advisory.js';
import { isFailure, unreachable } from './postgres-error.js';
import { lockDatabase } from './postgres-lock.js';
import { type PostgresTarget, parsePostgresUrl } from './postgres-url.js';

/** Connections for queries. One more session holds the lock. */
const POOL_SIZE = 10;
/** SQLSTATE of a table that is not there. */
const UNDEFINED_TABLE = '42P01';

/** Opens a PostgreSQL database for this process alone and brings its tables up to date. */
export async function openPostgres(url: string): Promise<Store> {
  const target = parsePostgresUrl(url);
  const lock = await lockDatabase(target);
  try {
    await migrate(postgresExecutor(lock.client)).catch((error) => {
      throw isNatsctlError(error) ? error : unreachable(target.shown, error);
    });
    const pool = new Pool({ ...target.config, max: POOL_SIZE });
    const db = connect(pool, target);
    const inTurn = turns();
    return {
      db,
      ...transactions((work) =>
        inTurn(async () => {
          await lock.hold();
          return serialized(db, target, work);
        }),
      ),
      close: async () => {
        await db.$disconnect();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release().catch(() => {});
    throw error;
  }
}

/** Whether a service has kept something in a database. Changes nothing there, whoever uses it. */
export async function holdsService(url: string): Promise<boolean> {
  const { config, shown } = parsePostgresUrl(url);
  const client = new Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    return ((await client.query('SELECT 1 FROM "meta" LIMIT 1')).rowCount ?? 0) > 0;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) return false;
    throw unreachable(shown, error);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Writers follow each other, as they do on libSQL: what is read inside is what is written over. The lock is the first statement,
 * and at READ COMMITTED every later one sees all that was committed before it was granted. Queries outside of transactions need
 * none: each is one statement.
 */
async function serialized<T>(db: Database, { shown }: PostgresTarget, work: (tx: Queries) => Promise<T>): Promise<T> {
  let thrown: unknown;
  try {
    return await db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(advisoryLock(ADVISORY.writer));
      return work(tx).catch((error: unknown) => {
        thrown = error;
        throw error;
      });
    });
  } catch (error) {
    // What the work threw is its own affair; everything else is a transaction that could not begin or commit.
    throw error !== thrown && isFailure(error) ? unavailable(error, { database: shown }) : error;
  }
}

/**
 * Both clients come from one schema (scripts/generate.mjs), so the one of PostgreSQL is what the code knows as Database; their
 * types differ only in what PostgreSQL could do besides (case-insensitive filters), which is why this is the one cast.
 */
function connect(pool: Pool, { shown }: PostgresTarget): Database {
  const client = new PrismaClient({
    adapter: new PrismaPg(pool, { disposeExternalPool: true }),
    transactionOptions: TRANSACTIONS,
    errorFormat: 'minimal',
  });
  const db = client.$extends({
    query: {
      $allOperations: ({ args, query }) =>
        query(args).catch((error: unknown) => {
          throw isFailure(error) ? unavailable(error, { database: shown }) : error;
        }),
    },
  });
  return db as unknown as Database;
}

/** Lets one piece of work begin after another has ended, so that waiting writers hold no connections of the pool. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
