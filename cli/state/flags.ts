import { Flags } from '@oclif/core';
import type { Seed } from '../../claims/keys/seed.js';
import { listOf } from '../flags.js';
import { seedOf } from '../nkey/key.js';

/** What decides what a plan does; `plan` and `apply` share it. */
export const stateFlags = {
  prune: Flags.boolean({
    description: 'Delete accounts and users that the file does not name. The file may say it too: `prune: true`.',
    env: 'NATSCTL_PRUNE',
  }),
  force: Flags.boolean({
    description: 'Also drop revocations, and shut out what is signed by a key that goes.',
    env: 'NATSCTL_FORCE',
  }),
  unmatched: Flags.boolean({
    description: 'Also take imports that no export serves.',
    env: 'NATSCTL_UNMATCHED',
  }),
  'private-key': Flags.string({
    char: 'K',
    description:
      'Key to sign with before those of the keystore: a public key of it, or a file with a seed; repeatable. Of the operator or of an account.',
    helpValue: 'KEY',
    multiple: true,
    env: 'NATSCTL_PRIVATE_KEY',
  }),
};

export function givenSeeds(flag: string[] | undefined, keystore: string): Promise<Seed[]> {
  return Promise.all(listOf(flag).map((text) => seedOf(text, keystore)));
}
