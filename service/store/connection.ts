import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, type InStatement, LibsqlError, type Transaction } from '@libsql/client';
import { PrismaLibSql } from '@prisma/adapter-libsql';

/** Milliseconds a statement waits for another process (a backup, `prisma studio`) that holds the file. */
const BUSY_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 20;

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
    const client = this.#client;
    return replaced(client, 'execute', async (statement: InStatement) => {
      if (!isQuery(statement)) await untilWritable(client);
      return client.execute(statement);
    });
  }
}

function isQuery(statement: InStatement): boolean {
  return /^\s*(SELECT|PRAGMA)\b/i.test(typeof statement === 'string' ? statement : statement.sql);
}

/**
 * Waits until no other process holds the write lock. A statement that meets one is left open by libSQL's binding until the
 * garbage collector has been at it, and while it is open nothing that comes after it is committed, although it is answered as
 * done. A script is closed at its end, whatever comes of it: it takes the lock by way of trial. Between two trials the service goes on.
 */
async function untilWritable(client: Client): Promise<void> {
  const end = performance.now() + BUSY_TIMEOUT_MS;
  const patient = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`;
  for (;;) {
    try {
      return await client.executeMultiple(`PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK; ${patient}`);
    } catch (error) {
      await client.executeMultiple(patient);
      const isBusy = error instanceof LibsqlError && error.code.startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() >= end) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function withTransactionsInPlace(client: Client): Client {
  const transaction = async (): Promise<Transaction> => {
    await untilWritable(client);
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
  return replaced(client, 'transaction', transaction);
}

function replaced(client: Client, name: 'execute' | 'transaction', by: unknown): Client {
  return new Proxy(client, {
    get(target, property) {
      if (property === name) return by;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
