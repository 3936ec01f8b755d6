import { open } from 'node:fs/promises';
import { type Client, createClient, type InStatement, type Transaction } from '@libsql/client';
import { PrismaLibSql } from '@prisma/adapter-libsql';

/** Milliseconds a statement waits for another process (a backup, `prisma studio`) that holds the file. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * One connection to the database file, for good. libSQL's own client opens a new connection after every transaction, which
 * would forget the pragmas below (SQLite keeps them per connection) and leave the old one to the garbage collector.
 */
export async function openConnection(file: string): Promise<Client> {
  await (await open(file, 'a', 0o600)).close();
  const client = createClient({ url: `file:${file}` });
  try {
    await client.execute(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    await client.execute('PRAGMA journal_mode = WAL');
    // FULL syncs the log at every commit: what was acknowledged survives a power cut (sqlite.org/pragma.html#pragma_synchronous).
    await client.execute('PRAGMA synchronous = FULL');
    await client.execute('PRAGMA foreign_keys = ON');
    await client.execute('PRAGMA trusted_schema = OFF');
  } catch (error) {
    client.close();
    throw error;
  }
  return withTransactionsInPlace(client);
}

/** Prisma's adapter over this connection. It runs one transaction at a time and makes every other query wait for its end. */
export class SingleConnectionAdapter extends PrismaLibSql {
  readonly #client: Client;

  constructor(client: Client) {
    super({ url: 'file:' });
    this.#client = client;
  }

  override createClient(): Client {
    return this.#client;
  }
}

function withTransactionsInPlace(client: Client): Client {
  const transaction = async (): Promise<Transaction> => {
    // IMMEDIATE takes the write lock now, so that what is read inside is what is written over.
    await client.execute('BEGIN IMMEDIATE');
    let open = true;
    const end = async (statement: 'COMMIT' | 'ROLLBACK') => {
      if (!open) return;
      open = false;
      try {
        await client.execute(statement);
      } catch (error) {
        // A commit that failed leaves the transaction open; it must not swallow what comes after it.
        if (statement === 'COMMIT') await client.execute('ROLLBACK').catch(() => {});
        throw error;
      }
    };
    return {
      execute: (statement: InStatement) => client.execute(statement),
      batch: async (statements) => {
        const results = [];
        for (const statement of statements) results.push(await client.execute(statement));
        return results;
      },
      executeMultiple: () => Promise.reject(new Error('scripts run outside of transactions')),
      commit: () => end('COMMIT'),
      rollback: () => end('ROLLBACK'),
      close: () => void end('ROLLBACK').catch(() => {}),
      get closed() {
        return !open;
      },
    } satisfies Transaction;
  };
  return new Proxy(client, {
    get(target, property) {
      if (property === 'transaction') return transaction;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
