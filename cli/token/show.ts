import { Flags } from '@oclif/core';
import { rawFlag } from '../flags.js';
import { toJson } from '../output/json.js';
import { safeText } from '../output/safe-text.js';
import { writeNewFile } from '../user/creds.js';
import { armored } from './describe.js';
import { fieldOf } from './field.js';

/** How what has claims is shown: whole, one field of them, the token itself, or the token into a file. */

export const fieldFlag = {
  field: Flags.string({
    char: 'F',
    description: 'Print one value of the claims: nats.exports[0].subject, nats.mappings["a.b"].',
    helpValue: 'PATH',
    exclusive: ['raw'],
    env: 'NATSCTL_FIELD',
  }),
};

export const tokenFlags = {
  ...rawFlag,
  ...fieldFlag,
  output: Flags.string({
    description: 'Write the token to this file, armored, instead of showing it.',
    helpValue: 'FILE',
    exclusive: ['field'],
    env: 'NATSCTL_OUTPUT',
  }),
  force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
};

export interface Shown {
  text: string;
  note?: string;
  /** For `--json`. */
  result: object;
}

/** @param text the whole of it, for people */
export async function showToken(
  kind: string,
  described: { token: string; claims: unknown },
  flags: { raw: boolean; field?: string | undefined; output?: string | undefined; force: boolean },
  text: () => string,
): Promise<Shown> {
  if (flags.output !== undefined) {
    const file = await writeNewFile(flags.output, armored(kind, described.token), flags.force);
    return { text: '', note: `wrote ${file}`, result: { ...described, file } };
  }
  if (flags.field !== undefined) return showField(described.claims, flags.field);
  return { text: flags.raw ? `${described.token}\n` : text(), result: described };
}

export function showField(claims: unknown, field: string): Shown {
  const value = fieldOf(JSON.parse(toJson(claims)), field);
  return { text: `${typeof value === 'string' ? safeText(value) : toJson(value, 2)}\n`, result: { field, value } };
}
