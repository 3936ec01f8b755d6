import { parseStrictJson } from '../../claims/jwt/json.js';
import { open } from '../../claims/keys/curve.js';
import { backupError } from './errors.js';
import type { Opener } from './header.js';
import type { ReadBackup } from './read.js';
import type { BackupRecord } from './records.js';

/**
 * What `nats auth operator backup` writes: one JSON document `{name, key, token, signingKeys, accounts: [{..., users}]}`, in which
 * `key` is `{key: seed}` (jwt-auth-builder's types.go and key.go); with `--key`, sealed by that curve key to itself, in base64.
 */
/** `xkv1` in base64, which the next byte has a part in. */
const SEALED = /^eGt2M[Q-Za-f]/;
const MAX_PLAIN_START = 64;

export function isNatsAuthBackup(data: Buffer): boolean {
  const start = data.toString('latin1', 0, MAX_PLAIN_START).trimStart();
  return start.startsWith('{') || SEALED.test(start);
}

export function readNatsAuthBackup(file: string, data: Buffer, { curve }: Opener): ReadBackup {
  const encrypted = !data.toString('latin1', 0, MAX_PLAIN_START).trimStart().startsWith('{');
  let text = data;
  if (encrypted) {
    if (curve === null) {
      throw backupError('ERR_BACKUP_KEY', `${file} is sealed to a curve key`, {
        hint: 'give the seed that `nats auth operator backup --key` was given: --key FILE',
        details: { file },
      });
    }
    text = Buffer.from(open(curve, curve.publicKey, Buffer.from(data.toString('latin1').trim(), 'base64')));
  }
  let document: unknown;
  try {
    document = parseStrictJson(text.toString('utf8'));
  } catch (cause) {
    throw invalid(file, cause);
  }
  const records = recordsOf(document);
  if (records === null) throw invalid(file);
  return { format: 'nats auth', created: null, encrypted, records };
}

function recordsOf(document: unknown): BackupRecord[] | null {
  const operator = entityOf(document);
  if (operator === null) return null;
  const records: BackupRecord[] = [{ kind: 'operator', name: operator.name, managed: false, token: operator.token }];
  const seeds = new Set(operator.seeds);
  for (const each of listOf(operator.more.accounts)) {
    const account = entityOf(each);
    if (account === null) return null;
    const { name, token } = account;
    records.push({ kind: 'account', operator: operator.name, name, token });
    for (const seed of account.seeds) seeds.add(seed);
    for (const one of listOf(account.more.users)) {
      const user = entityOf(one);
      if (user === null) return null;
      records.push({ kind: 'user', operator: operator.name, account: name, name: user.name, token: user.token });
      for (const seed of user.seeds) seeds.add(seed);
    }
  }
  for (const seed of seeds) records.push({ kind: 'seed', seed });
  return records;
}

function entityOf(
  value: unknown,
): { name: string; token: string; seeds: string[]; more: Record<string, unknown> } | null {
  if (typeof value !== 'object' || value === null) return null;
  const more = value as Record<string, unknown>;
  const { name, token, key, signingKeys } = more;
  if (typeof name !== 'string' || typeof token !== 'string') return null;
  return { name, token, seeds: [key, ...listOf(signingKeys)].flatMap(seedOf), more };
}

/** A key whose seed was not there when the backup was made is an empty text, or null. */
function seedOf(value: unknown): string[] {
  const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>).key : undefined;
  return typeof text === 'string' && text !== '' ? [text] : [];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function invalid(file: string, cause?: unknown): Error {
  return backupError('ERR_BACKUP_INVALID', `${file} is no backup of an operator`, {
    hint: 'give a file of `natsctl backup` or of `nats auth operator backup`',
    details: { file },
    cause,
  });
}
