import { usageError } from '../errors.js';

export interface RotateOptions {
  /** Public key of the keystore, file with a seed, or seed; undefined to make one. */
  newKey?: string | undefined;
  /** Operators' keys stay valid beside the new one; a user's is not revoked. */
  keepOld: boolean;
  /** The value of `--private-key`. */
  key?: string | undefined;
  dryRun?: boolean | undefined;
}

export function refuseKept({ keepOld }: RotateOptions, what: string): void {
  if (keepOld) throw usageError(`the old key cannot be kept beside the new one for ${what}`, 'leave --keep-old out');
}
