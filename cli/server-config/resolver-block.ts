import { parseDuration, showDuration } from '../duration.js';
import { usageError } from '../errors.js';

/** Settings of the resolvers that keep a folder of account JWTs (nats-server `opts.go`). */
export interface FolderSettings {
  /** Relative to where the server starts. */
  jwtDir: string;
  /** Take deletions that an operator key signed. */
  allowDelete?: boolean | undefined;
  /** Then remove the file, instead of renaming it to `*.deleted`. */
  hardDelete?: boolean | undefined;
  /** The most accounts that are kept. */
  limit?: number | undefined;
  /** Of a cache: how long an account is kept. */
  ttl?: string | undefined;
  /** Of a full one: how often the servers compare what they have. */
  interval?: string | undefined;
  /** How long to wait for an account that another server has. */
  timeout?: string | undefined;
}

/** nsc's, and the server's own patience (`DEFAULT_ACCOUNT_FETCH_TIMEOUT`). */
const DEFAULTS = { ttl: '1h', interval: '2m', timeout: '1.9s' };

export function fullResolver(settings: FolderSettings): string[] {
  const { allowDelete = false, hardDelete, ttl } = settings;
  if (ttl !== undefined) throw usageError('--ttl is for --cache', 'a full resolver keeps every account for good');
  if (hardDelete && !allowDelete) throw usageError('--hard-delete needs --allow-delete');
  const kept = hardDelete ? [] : ['  # Created by the server; deleted accounts are kept in it as *.deleted.'];
  return block('full', settings, kept, [
    `  allow_delete: ${allowDelete}`,
    ...(hardDelete ? ['  hard_delete: true'] : []),
    `  interval: ${duration(settings.interval ?? DEFAULTS.interval)}`,
  ]);
}

export function cacheResolver(settings: FolderSettings): string[] {
  const foreign = (['allowDelete', 'hardDelete', 'interval'] as const).find((name) => settings[name]);
  if (foreign !== undefined) {
    const flag = { allowDelete: '--allow-delete', hardDelete: '--hard-delete', interval: '--interval' }[foreign];
    throw usageError(`${flag} is for --full`, 'a cache only keeps what the full resolvers of other servers have');
  }
  const comment = [
    '  # Created by the server. Other servers of the system must have full resolvers: this one asks them.',
  ];
  return block('cache', settings, comment, [`  ttl: ${duration(settings.ttl ?? DEFAULTS.ttl)}`]);
}

function block(type: string, { jwtDir, limit, timeout }: FolderSettings, comment: string[], own: string[]): string[] {
  if (jwtDir === '') throw usageError('--dir is empty', 'name the folder in which the server keeps accounts');
  // NATSCTL_TIMEOUT is whole seconds for push, pull and diff.
  const seconds = timeout !== undefined && /^\d+$/.test(timeout);
  const patience = parseDuration(seconds ? `${timeout}s` : (timeout ?? DEFAULTS.timeout));
  if (patience === 0) throw usageError('--timeout cannot be none', 'no server starts so');
  return [
    'resolver {',
    `  type: ${type}`,
    ...comment,
    `  dir: ${JSON.stringify(jwtDir)}`,
    ...own,
    ...(limit === undefined ? [] : [`  limit: ${limit}`]),
    `  timeout: ${JSON.stringify(showDuration(patience))}`,
    '}',
  ];
}

/** As Go reads it. */
function duration(text: string): string {
  return JSON.stringify(showDuration(parseDuration(text)));
}
