import { randomBytes } from 'node:crypto';
import { open, seal } from '../../claims/keys/curve.js';
import { decodePublicKey, isPublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { openBytes, sealBytes } from '../sealed/aead.js';
import { sealedError } from '../sealed/errors.js';
import { deriveKey, type KdfSettings, KEY_BYTES, newKdf, parseKdf } from '../sealed/kdf.js';
import { backupError } from './errors.js';

/** A way to the file's key: under a passphrase, or sealed to a curve key. */
type WrappedKey =
  | { type: 'passphrase'; kdf: KdfSettings; wrapped: string }
  | { type: 'xkey'; recipient: string; sender: string; sealed: string };

/**
 * The second line of a backup, JSON. One random key encrypts the file; `keys` are the ways to it. The whole line goes into what
 * the content is encrypted with, so that none of it can be changed.
 */
export interface BackupHeader {
  /** `none`: the content is plain text, by explicit wish. */
  encryption: 'none' | 'aes-256-gcm';
  /** Unix seconds. */
  created: number;
  keys: WrappedKey[];
}

/** Who may open a backup. */
export interface Recipients {
  passphrase?: string | undefined;
  /** Public curve keys. */
  xkeys: string[];
  /** Other than the default in tests alone. */
  kdf?: KdfSettings | undefined;
}

/** What a restore has to open it. */
export interface Opener {
  /** Asked only where the backup has a passphrase. */
  passphrase: () => Promise<string>;
  curve: Seed | null;
}

const MAX_KEYS = 64;
const WRAPPING = 'natsctl backup 1 key';

export async function newBackupHeader(
  recipients: Recipients | null,
  created: number,
): Promise<{ header: BackupHeader; fileKey: Buffer | null }> {
  if (recipients === null) return { header: { encryption: 'none', created, keys: [] }, fileKey: null };
  const fileKey = randomBytes(KEY_BYTES);
  const keys: WrappedKey[] = [];
  if (recipients.passphrase !== undefined) {
    const kdf = recipients.kdf ?? newKdf();
    const key = await deriveKey(recipients.passphrase, kdf);
    keys.push({ type: 'passphrase', kdf, wrapped: sealBytes(key, fileKey, WRAPPING).toString('base64url') });
    key.fill(0);
  }
  for (const recipient of recipients.xkeys) {
    decodePublicKey(recipient, 'curve');
    // A key of its own for the sender: who made the backup is nobody's business, and needs no key.
    const sender = Seed.generate('curve');
    const sealed = Buffer.from(seal(sender, recipient, fileKey)).toString('base64url');
    keys.push({ type: 'xkey', recipient, sender: sender.publicKey, sealed });
    sender.wipe();
  }
  return { header: { encryption: 'aes-256-gcm', created, keys }, fileKey };
}

/** Null where the line is no header that we would follow. */
export function parseBackupHeader(line: string): BackupHeader | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { encryption, created, keys } = value;
  if (encryption !== 'none' && encryption !== 'aes-256-gcm') return null;
  if (!Number.isSafeInteger(created) || !Array.isArray(keys) || keys.length > MAX_KEYS) return null;
  const parsed = keys.map(parseWrapped);
  if (parsed.includes(null)) return null;
  return { encryption, created: created as number, keys: parsed as WrappedKey[] };
}

function parseWrapped(value: unknown): WrappedKey | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, kdf, wrapped, recipient, sender, sealed } = value as Record<string, unknown>;
  const isText = (text: unknown): text is string => typeof text === 'string' && /^[\w-]{1,400}$/.test(text);
  if (type === 'passphrase') {
    const settings = parseKdf(kdf);
    return settings !== null && isText(wrapped) ? { type, kdf: settings, wrapped } : null;
  }
  const isCurve = isPublicKey(recipient, 'curve') && isPublicKey(sender, 'curve');
  return type === 'xkey' && isCurve && isText(sealed) ? { type, recipient, sender, sealed } : null;
}

/** The key of the file. @throws ERR_PASSPHRASE_WRONG, ERR_BACKUP_KEY, ERR_XKEY_OPEN */
export async function openFileKey(file: string, { keys }: BackupHeader, opener: Opener): Promise<Buffer> {
  const { curve } = opener;
  if (curve !== null) {
    const own = keys.find((key) => key.type === 'xkey' && key.recipient === curve.publicKey);
    if (own?.type === 'xkey') return Buffer.from(open(curve, own.sender, Buffer.from(own.sealed, 'base64url')));
  }
  const recipients = keys.flatMap((key) => (key.type === 'xkey' ? [key.recipient] : []));
  const byPassphrase = keys.find((key) => key.type === 'passphrase');
  if (byPassphrase?.type !== 'passphrase' || curve !== null) {
    throw backupError('ERR_BACKUP_KEY', `${file} is sealed to another key`, {
      hint: `give the curve seed with --key: ${recipients.join(', ') || 'none; it has a passphrase'}`,
      details: { file, recipients },
    });
  }
  const key = await deriveKey(await opener.passphrase(), byPassphrase.kdf);
  const fileKey = openBytes(key, Buffer.from(byPassphrase.wrapped, 'base64url'), WRAPPING);
  key.fill(0);
  if (fileKey?.length === KEY_BYTES) return fileKey;
  throw sealedError('ERR_PASSPHRASE_WRONG', `the passphrase does not open ${file}`, { hint: 'try again' });
}
