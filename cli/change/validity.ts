import { Flags } from '@oclif/core';
import { expiryFlag } from '../flags.js';
import { parseTime } from '../time.js';

/** From when and until when claims hold: unix seconds, 0 for no bound. */
export interface ValidityEdit {
  start?: number | undefined;
  expiry?: number | undefined;
}

export const validityFlags = {
  start: Flags.string({
    description: 'When it begins to hold, written as for --expiry; 0 for at once.',
    helpValue: 'TIME',
    env: 'NATSCTL_START',
  }),
  ...expiryFlag,
};

export function validityEdit(
  flags: { start?: string | undefined; expiry?: string | undefined },
  now: number,
): ValidityEdit {
  const at = (text: string | undefined) => (text === undefined ? undefined : parseTime(text, now));
  return { start: at(flags.start), expiry: at(flags.expiry) };
}

export function editValidity<C extends { exp?: number; nbf?: number }>(claims: C, edit: ValidityEdit): C {
  const { exp, nbf, ...rest } = claims;
  const [expiry, start] = [edit.expiry ?? exp ?? 0, edit.start ?? nbf ?? 0];
  return { ...rest, ...(expiry !== 0 && { exp: expiry }), ...(start !== 0 && { nbf: start }) } as C;
}
