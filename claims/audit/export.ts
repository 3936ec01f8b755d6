/**
 * The audit as a file: JSON lines, one an entry, and the signed end as the last one. Everything that is hashed is in it as it was
 * hashed, so whoever has the file verifies it without the service.
 */
import { NatsctlError } from '../errors.js';
import type { AuditEntryText, ChainedEntry } from './chain.js';
import { type Checkpoint, checkpointOf } from './checkpoint.js';

export type AuditErrorCode = 'ERR_AUDIT_EXPORT';

type TextField = Exclude<keyof ChainedEntry, 'seq' | 'at'>;
type NullableField = Exclude<TextField, (typeof TEXTS)[number]>;

const TEXTS = ['actor', 'action', 'entity', 'detail', 'hash'] as const;
const NULLABLE = [
  'beforeJti',
  'afterJti',
  'operatorKey',
  'accountKey',
  'before',
  'after',
  'requestId',
  'remote',
] as const satisfies readonly NullableField[];

export function entryLine(entry: ChainedEntry): string {
  const { seq, at, actor, action, entity, beforeJti, afterJti, detail } = entry;
  const { operatorKey, accountKey, before, after, requestId, remote, hash } = entry;
  const first = { seq, at: Number(at), actor, action, entity, beforeJti, afterJti, detail };
  return `${JSON.stringify({ ...first, operatorKey, accountKey, before, after, requestId, remote, hash })}\n`;
}

export function endLine(checkpoint: Checkpoint): string {
  return `${JSON.stringify({ checkpoint })}\n`;
}

/**
 * Gives the entries of an export; what it returns at last is the signed end, null where the file has none.
 *
 * @throws NatsctlError ERR_AUDIT_EXPORT for a line that is none of an export, or that comes after its end
 */
export async function* readExport(
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<ChainedEntry, Checkpoint | null> {
  let end: Checkpoint | null = null;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line === '') continue;
    const parsed: ReturnType<typeof parseLine> = end === null ? parseLine(line) : null;
    if (parsed === null) {
      throw new NatsctlError<AuditErrorCode>('ERR_AUDIT_EXPORT', `line ${number} is none of an export of the audit`, {
        hint: 'give the file that `natsctl audit export` wrote, as it is',
        details: { line: number },
      });
    }
    if ('entry' in parsed) yield parsed.entry;
    else end = parsed.end;
  }
  return end;
}

function parseLine(line: string): { entry: ChainedEntry } | { end: Checkpoint } | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const row = value as Record<string, unknown>;
  if (Object.hasOwn(row, 'checkpoint')) {
    const end = checkpointOf(row.checkpoint);
    return end && { end };
  }
  return isEntry(row) ? { entry: row } : null;
}

function isEntry(row: Record<string, unknown>): row is Record<string, unknown> & AuditEntryText & { hash: string } {
  const isText = (name: string) => typeof row[name] === 'string';
  return (
    Number.isSafeInteger(row.seq) &&
    Number.isSafeInteger(row.at) &&
    TEXTS.every(isText) &&
    NULLABLE.every((name) => row[name] === null || isText(name))
  );
}
