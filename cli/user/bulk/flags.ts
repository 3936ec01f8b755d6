import path from 'node:path';
import { Flags } from '@oclif/core';
import { validityEdit } from '../../change/validity.js';
import { cliError, usageError } from '../../errors.js';
import { tagEdit } from '../../flags.js';
import type { NewUser } from '../create.js';
import { type LimitFlags, limitEdit } from '../limit-flags.js';
import type { CredsPlace } from './place.js';
import type { Column, Row } from './rows.js';

const HELP = 'MANY USERS';

export const bulkFlags = {
  from: Flags.string({
    description:
      'Make every user of a list (- for stdin), all or none: CSV with a heading, or JSON lines. Columns are named as the flags (name, account, allow_pub, tag, expiry, private_key, ...); the flags stand for what a row leaves out.',
    helpGroup: HELP,
    helpValue: 'FILE',
    env: 'NATSCTL_FROM',
  }),
  format: Flags.string({
    description: 'What the list is written in. Default: by its name, else by how it begins.',
    helpGroup: HELP,
    options: ['csv', 'jsonl'],
    dependsOn: ['from'],
    env: 'NATSCTL_FORMAT',
  }),
  output: Flags.string({
    description: 'Put the creds in this new folder (ACCOUNT/USER.creds) and not in the keystore.',
    helpGroup: HELP,
    helpValue: 'DIR',
    dependsOn: ['from'],
    exclusive: ['archive', 'no-creds'],
    env: 'NATSCTL_OUTPUT',
  }),
  archive: Flags.string({
    description: 'Put the creds in this new archive (.tar, .tar.gz or .tgz) and not in the keystore.',
    helpGroup: HELP,
    helpValue: 'FILE',
    dependsOn: ['from'],
    exclusive: ['no-creds'],
    env: 'NATSCTL_ARCHIVE',
  }),
  'no-creds': Flags.boolean({
    description: 'Write no creds; the seeds are in the keystore, from which `user creds` makes them.',
    helpGroup: HELP,
    dependsOn: ['from'],
    env: 'NATSCTL_NO_CREDS',
  }),
};

export function credsPlace(
  flags: { output?: string | undefined; archive?: string | undefined; 'no-creds'?: boolean },
  cwd: string,
): CredsPlace {
  if (flags['no-creds']) return { kind: 'none' };
  if (flags.output !== undefined) return { kind: 'folder', path: path.resolve(cwd, flags.output) };
  if (flags.archive !== undefined) return { kind: 'archive', path: path.resolve(cwd, flags.archive) };
  return { kind: 'keystore' };
}

/** The flags of the command, as far as rows may say otherwise. */
export interface RowDefaults extends LimitFlags {
  account?: string | undefined;
  'private-key'?: string | undefined;
  start?: string | undefined;
  expiry?: string | undefined;
  tag?: string[] | undefined;
}

const NOT_LIMITS: readonly Column[] = ['name', 'account', 'public-key', 'private-key', 'start', 'expiry', 'tag'];

/** What a row asks for. Most rows have no limits of their own: those of the command are read once. */
export function wantedOfRows(defaults: RowDefaults, now: number): (row: Row) => NewUser {
  const limits = limitEdit(defaults);
  const validity = validityEdit(defaults, now);
  const tags = tagEdit(defaults).add;
  return ({ fields }) => {
    const { name, account, 'public-key': publicKey, 'private-key': key, bearer, 'proxy-required': proxy } = fields;
    if (name === undefined) throw cliError('ERR_DATA_INVALID', 'it has no name');
    const own = Object.keys(fields).some((column) => !NOT_LIMITS.includes(column as Column));
    const merged = {
      ...defaults,
      ...fields,
      bearer: bearer === undefined ? defaults.bearer : truth(bearer as string, 'bearer'),
      'proxy-required': proxy === undefined ? defaults['proxy-required'] : truth(proxy as string, 'proxy-required'),
    } as RowDefaults;
    const dated = fields.start !== undefined || fields.expiry !== undefined;
    return {
      name: name as string,
      account: (account as string | undefined) ?? defaults.account,
      publicKey: publicKey as string | undefined,
      key: (key as string | undefined) ?? defaults['private-key'],
      allowPub: [],
      allowSub: [],
      denyPub: [],
      denySub: [],
      bearer: false,
      limits: own ? limitEdit(merged) : limits,
      ...(dated ? validityEdit(merged, now) : validity),
      tags: fields.tag === undefined ? tags : tagEdit(merged).add,
    };
  };
}

function truth(text: string, column: string): boolean {
  if (/^(true|yes|y|1)$/i.test(text)) return true;
  if (/^(false|no|n|0)$/i.test(text)) return false;
  throw usageError(`${column} is neither true nor false: ${text}`);
}
