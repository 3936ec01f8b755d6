import type { Client } from '@libsql/client';
import type { ClientBase } from 'pg';

export type Dialect = 'libsql' | 'postgres';
export type Value = string | number | bigint | boolean | Uint8Array | null;
export type Row = Record<string, unknown>;

/** One connection to either database, for SQL that is not Prisma's: migrations and moves. Parameters are `$1`, `$2` ... in both. */
export interface Executor {
  readonly dialect: Dialect;
  execute(sql: string, values?: Value[]): Promise<Row[]>;
}

export function libsqlExecutor(client: Client): Executor {
  return {
    dialect: 'libsql',
    execute: async (sql, args = []) => (await client.execute({ sql, args })).rows,
  };
}

export function postgresExecutor(client: ClientBase): Executor {
  return {
    dialect: 'postgres',
    execute: async (sql, values = []) => (await client.query<Row>(sql, values)).rows,
  };
}
