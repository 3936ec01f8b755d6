import { Flags } from '@oclif/core';
import { storeFlags } from '../flags.js';

/** Keys are looked for in the keystore; the store is not needed. */
export const keystoreFlag = { keystore: storeFlags.keystore };

export const outputFlags = {
  output: Flags.string({
    char: 'f',
    description: 'File to write, private to you. Default: stdout.',
    helpValue: 'FILE',
    env: 'NATSCTL_OUTPUT',
  }),
  force: Flags.boolean({ description: 'Replace the file if it exists.', env: 'NATSCTL_FORCE' }),
};

export const b64Flag = {
  b64: Flags.boolean({
    description: 'The sealed data is base64 text, not raw bytes.',
    allowNo: true,
    default: true,
    env: 'NATSCTL_B64',
  }),
};
