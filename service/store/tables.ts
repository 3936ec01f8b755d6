import { createHash } from 'node:crypto';
import type { Executor, Row, Value } from './executor.js';

type Kind = 'text' | 'integer' | 'bytes' | 'boolean';

export interface Table {
  name: string;
  columns: { name: string; kind: Kind }[];
  key: string[];
  /** The column that counts by itself, if there is one. */
  counter: string | null;
}

/** Rows read or written with one statement; SQLite takes 32,766 parameters in one, PostgreSQL 65,535. */
const PAGE_ROWS = 500;
const KINDS: Record<string, Kind> = {
  TEXT: 'text',
  BIGINT: 'integer',
  INTEGER: 'integer',
  BLOB: 'bytes',
  BOOLEAN: 'boolean',
};

/** The tables of a libSQL database, those that others refer to first. PostgreSQL has the same ones. */
export async function readTables(libsql: Executor): Promise<Table[]> {
  const names = await libsql.execute(
    `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table' AND "name" NOT GLOB 'sqlite_*' AND "name" NOT GLOB '_*' ORDER BY "name"`,
  );
  const found = new Map<string, { table: Table; after: Set<string> }>();
  for (const { name } of names) {
    const columns = await libsql.execute(`SELECT * FROM pragma_table_info('${name}')`);
    const references = await libsql.execute(`SELECT "table" FROM pragma_foreign_key_list('${name}')`);
    const after = new Set(references.map(({ table }) => String(table)).filter((table) => table !== name));
    found.set(String(name), { table: tableOf(String(name), columns), after });
  }
  const ordered: Table[] = [];
  while (found.size > 0) {
    const free = [...found.values()].filter(({ after }) => ![...after].some((name) => found.has(name)));
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${[...found.keys()].join(', ')}`);
    for (const { table } of free) {
      ordered.push(table);
      found.delete(table.name);
    }
  }
  return ordered;
}

function tableOf(name: string, columns: Row[]): Table {
  const keys = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
  return {
    name,
    columns: columns.map((column) => {
      const kind = KINDS[String(column.type)];
      if (!kind) throw new Error(`no rule for the type ${column.type} of ${name}.${column.name}`);
      return { name: String(column.name), kind };
    }),
    key: keys.map((column) => String(column.name)),
    // INTEGER PRIMARY KEY is what Prisma makes of `@id @default(autoincrement())`.
    counter: keys.length === 1 && keys[0]?.type === 'INTEGER' ? String(keys[0].name) : null,
  };
}

/** Every row of a table in the order of its key, page by page, with the values either database takes. */
export async function* readPages(database: Executor, { name, columns, key }: Table): AsyncGenerator<Value[][]> {
  const quoted = (names: string[]) => names.map((column) => `"${column}"`).join(', ');
  const at = key.map((column) => columns.findIndex((other) => other.name === column));
  const select = `SELECT ${quoted(columns.map((column) => column.name))} FROM "${name}"`;
  const beyond = `WHERE (${quoted(key)}) > (${key.map((_, n) => `$${n + 1}`).join(', ')})`;
  let last: Value[] | null = null;
  for (;;) {
    const sql: string = `${select} ${last ? beyond : ''} ORDER BY ${quoted(key)} LIMIT ${PAGE_ROWS}`;
    const rows: Row[] = await database.execute(sql, last ? at.map((n) => last?.[n] ?? null) : []);
    const page = rows.map((row) => columns.map((column) => fromDriver(column.kind, row[column.name])));
    if (page.length > 0) yield page;
    last = page.at(-1) ?? null;
    if (page.length < PAGE_ROWS) return;
  }
}

/** libSQL gives bytes as an ArrayBuffer and booleans as 0 and 1, PostgreSQL gives BIGINT as text. */
function fromDriver(kind: Kind, value: unknown): Value {
  if (value === null) return null;
  if (kind === 'text') return String(value);
  if (kind === 'integer') return BigInt(value as string | number | bigint);
  if (kind === 'boolean') return Boolean(value);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : (value as Uint8Array);
}

export async function writePage(database: Executor, { name, columns }: Table, page: Value[][]): Promise<void> {
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  const row = (n: number) => `(${columns.map((_, at) => `$${n * columns.length + at + 1}`).join(', ')})`;
  await database.execute(
    `INSERT INTO "${name}" (${names}) VALUES ${page.map((_, n) => row(n)).join(', ')}`,
    page.flat(),
  );
}

/** A digest that two databases share when a table has the same rows in both. */
export function tableDigest({ name, columns }: Table) {
  const hash = createHash('sha256').update(`${name}(${columns.map((column) => column.name).join()})`);
  let rows = 0;
  return {
    add(page: Value[][]) {
      rows += page.length;
      for (const value of page.flat()) {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(value === null ? '' : String(value));
        // Kind and length first, so that no two rows of values read alike.
        hash.update(`${value === null ? '-' : bytes.length}:`).update(bytes);
      }
    },
    end: () => ({ table: name, rows, sha256: hash.digest('hex') }),
  };
}
