import type { Account } from '../../prisma/generated/client.js';
import type { Queries } from '../store/open.js';

/** What the service has of an account. */
export interface Held {
  stored: Account | null;
  deleted: { iat: bigint } | null;
}

interface Asked {
  keys: string[];
  found: Promise<(key: string) => Held>;
}

const asked = new WeakMap<Queries, Asked>();

/**
 * Pushes of a group ask in the same turn, and are answered by one query of each table. Prisma would make one of them too, and compile it anew
 * for every number of pushes.
 */
export async function readHeld(tx: Queries, key: string): Promise<Held> {
  const group = asked.get(tx) ?? ask(tx);
  group.keys.push(key);
  return (await group.found)(key);
}

function ask(tx: Queries): Asked {
  const keys: string[] = [];
  const find = async () => {
    asked.delete(tx);
    const where = { key: { in: keys } };
    const stored = await tx.account.findMany({ where });
    const deleted = await tx.deletedAccount.findMany({ where, select: { key: true, iat: true } });
    const [accounts, tombstones] = [byKey(stored), byKey(deleted)];
    return (key: string): Held => ({ stored: accounts.get(key) ?? null, deleted: tombstones.get(key) ?? null });
  };
  const group = { keys, found: Promise.resolve().then(find) };
  asked.set(tx, group);
  return group;
}

function byKey<Row extends { key: string }>(rows: Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [row.key, row]));
}
