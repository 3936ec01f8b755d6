import { NatsctlError } from '../../../claims/errors.js';
import type { ServiceErrorCode } from '../../errors.js';

/** A key of a Transit engine: where the engine is mounted, and the key's name there. */
export interface TransitKeyName {
  mount: string;
  name: string;
}

/** Vault's own rule for key names (`framework.GenericNameRegex`), with bounds; a mount may have several such parts. */
const NAME = /^\w([\w.-]{0,98}\w)?$/;
const MOUNT = /^\w[\w.-]*(\/\w[\w.-]*)*$/;
const MAX_MOUNT = 100;

/** `MOUNT/NAME`, such as `transit/natsctl`. */
export function parseTransitKey(text: string): TransitKeyName {
  const slash = text.lastIndexOf('/');
  return checkTransitKey({ mount: text.slice(0, Math.max(slash, 0)), name: text.slice(slash + 1) });
}

export function checkTransitKey({ mount, name }: TransitKeyName): TransitKeyName {
  if (mount.length <= MAX_MOUNT && MOUNT.test(mount) && NAME.test(name)) return { mount, name };
  throw new NatsctlError<ServiceErrorCode>('ERR_VAULT_KEY_NAME', 'not the name of a Transit key', {
    hint: 'write it as MOUNT/NAME, such as transit/natsctl: letters, digits, `_`, `.` and `-`',
  });
}
