import { Flags } from '@oclif/core';
import type { KeyKind } from '../../claims/keys/nkey.js';
import { usageError } from '../errors.js';
import { listOf } from '../flags.js';
import { KEY_KINDS } from './header.js';

export const passphraseFileFlag = {
  'passphrase-file': Flags.string({
    description:
      'Private file (mode 600) whose first line is the passphrase of the keystore. Default: the agent, or a question.',
    helpValue: 'FILE',
    env: 'NATSCTL_PASSPHRASE_FILE',
  }),
};

export const kindFlags = {
  kind: Flags.string({
    description: `Only seeds of this kind: ${KEY_KINDS.join(', ')}; repeatable. Default: all.`,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KIND',
    env: 'NATSCTL_KIND',
  }),
  all: Flags.boolean({
    char: 'A',
    description: 'Seeds of every kind: the default.',
    exclusive: ['kind'],
    env: 'NATSCTL_ALL',
  }),
};

/** The kinds named; none for all. */
export function kindsOf(flags: { kind?: string[] | undefined }): KeyKind[] {
  return listOf(flags.kind).map((text) => {
    const kind = KEY_KINDS.find((one) => one === text);
    if (kind === undefined) throw usageError(`${text} is no kind of key`, `one of: ${KEY_KINDS.join(', ')}`);
    return kind;
  });
}
