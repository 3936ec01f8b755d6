import { Flags } from '@oclif/core';
import { usageError } from '../errors.js';
import { parseTime } from '../time.js';

export const targetFlag = {
  'target-account': Flags.string({
    char: 't',
    description: "Account whose activations are meant, by name or public key, or '*' for every account.",
    helpValue: 'NAME',
    env: 'NATSCTL_TARGET_ACCOUNT',
  }),
};

export const atFlag = {
  at: Flags.string({
    description: 'Until when what was issued is void: a time as --expiry takes it, or unix seconds. Default: now.',
    helpValue: 'TIME',
    env: 'NATSCTL_AT',
  }),
};

/** Undefined = now. */
export function parseAt(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text === '0') return undefined;
  if (/^\d+$/.test(text)) {
    const seconds = Number(text);
    if (Number.isSafeInteger(seconds)) return seconds;
    throw usageError(`not a time: ${text}`);
  }
  return parseTime(text, now);
}
