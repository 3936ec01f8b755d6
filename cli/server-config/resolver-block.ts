import type { FolderResolver } from '../../claims/server-config/config.js';
import { parseDuration, showDuration } from '../duration.js';
import { usageError } from '../errors.js';

/** Settings of the resolvers that keep a folder of account JWTs, as they are written by hand. */
export interface FolderSettings extends Omit<FolderResolver, 'kind' | 'dir'> {
  jwtDir: string;
}

export function fullResolver(settings: FolderSettings): FolderResolver {
  const { allowDelete = false, hardDelete, ttl, interval } = settings;
  if (ttl !== undefined) throw usageError('--ttl is for --cache', 'a full resolver keeps every account for good');
  if (hardDelete && !allowDelete) throw usageError('--hard-delete needs --allow-delete');
  return { ...folder('full', settings), allowDelete, hardDelete, interval: duration(interval) };
}

export function cacheResolver(settings: FolderSettings): FolderResolver {
  const foreign = (['allowDelete', 'hardDelete', 'interval'] as const).find((name) => settings[name]);
  if (foreign !== undefined) {
    const flag = { allowDelete: '--allow-delete', hardDelete: '--hard-delete', interval: '--interval' }[foreign];
    throw usageError(`${flag} is for --full`, 'a cache only keeps what the full resolvers of other servers have');
  }
  return { ...folder('cache', settings), ttl: duration(settings.ttl) };
}

function folder(kind: 'full' | 'cache', { jwtDir, limit, timeout }: FolderSettings): FolderResolver {
  if (jwtDir === '') throw usageError('--dir is empty', 'name the folder in which the server keeps accounts');
  // NATSCTL_TIMEOUT is whole seconds for push, pull and diff.
  const patience = duration(timeout !== undefined && /^\d+$/.test(timeout) ? `${timeout}s` : timeout);
  if (patience === '0') throw usageError('--timeout cannot be none', 'no server starts so');
  return { kind, dir: jwtDir, limit, timeout: patience };
}

/** As Go reads it. */
function duration(text: string | undefined): string | undefined {
  return text === undefined ? undefined : showDuration(parseDuration(text));
}
