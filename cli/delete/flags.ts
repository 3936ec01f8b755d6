import { Flags } from '@oclif/core';

export const removalFlags = {
  'remove-keys': Flags.boolean({
    char: 'D',
    aliases: ['rm-nkey'],
    description: 'Remove its private keys from the keystore too, where nothing else refers to them.',
    exclusive: ['keep-keys'],
    env: 'NATSCTL_REMOVE_KEYS',
  }),
  'keep-keys': Flags.boolean({
    description: 'Leave its private keys in the keystore (the default).',
    env: 'NATSCTL_KEEP_KEYS',
  }),
  'keep-creds': Flags.boolean({ description: 'Leave its creds files.', env: 'NATSCTL_KEEP_CREDS' }),
};

export const yesFlag = {
  yes: Flags.boolean({ char: 'y', description: 'Do not ask for the name again.', env: 'NATSCTL_YES' }),
};
