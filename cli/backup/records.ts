/** What a backup holds, one JSON document a line, in this order within an operator. */
export type BackupRecord =
  | { kind: 'operator'; name: string; managed: boolean; token: string }
  | { kind: 'account'; operator: string; name: string; token: string }
  | { kind: 'user'; operator: string; account: string; name: string; token: string }
  /** What the service was last seen to hold of an account: the common ancestor of a later merge. */
  | { kind: 'base'; operator: string; account: string; token: string }
  | { kind: 'seed'; seed: string }
  | { kind: 'creds'; operator: string; account: string; user: string; text: string }
  | { kind: 'context'; operator: string; account: string | null };

/** The last line: so many came before it, and this is the SHA-256 of them; in a plain backup nothing else tells that it is whole. */
export interface EndRecord {
  kind: 'end';
  records: number;
  sha256: string;
}

const FIELDS: Record<BackupRecord['kind'], string[]> = {
  operator: ['name', 'token'],
  account: ['operator', 'name', 'token'],
  user: ['operator', 'account', 'name', 'token'],
  base: ['operator', 'account', 'token'],
  seed: ['seed'],
  creds: ['operator', 'account', 'user', 'text'],
  context: ['operator'],
};

/** Null where the line is no record. What the names, tokens and seeds say is looked at when it is restored. */
export function parseRecord(line: string): BackupRecord | EndRecord | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { kind } = value;
  if (kind === 'end') {
    const { records, sha256 } = value;
    return Number.isSafeInteger(records) && typeof sha256 === 'string' ? (value as unknown as EndRecord) : null;
  }
  if (typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) return null;
  const texts = FIELDS[kind as BackupRecord['kind']].every((name) => typeof value[name] === 'string');
  if (!texts || (kind === 'operator' && typeof value.managed !== 'boolean')) return null;
  if (kind === 'context' && value.account !== null && typeof value.account !== 'string') return null;
  return value as unknown as BackupRecord;
}
