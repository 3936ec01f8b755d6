import { Flags } from '@oclif/core';

/** The account that exports. */
export const sourceFlag = {
  'source-account': Flags.string({
    aliases: ['src-account'],
    description: 'Account that exports it, by name or public key.',
    helpValue: 'NAME',
    env: 'NATSCTL_SOURCE_ACCOUNT',
  }),
};

export const importFlags = {
  name: Flags.string({
    char: 'n',
    description: 'Name of the import. Default: that of the export.',
    env: 'NATSCTL_NAME',
  }),
  'local-subject': Flags.string({
    char: 's',
    description:
      "What it is called in this account; each * of the exporter's subject is used once, as * or $1, $2, ...",
    helpValue: 'SUBJECT',
    env: 'NATSCTL_LOCAL_SUBJECT',
  }),
  share: Flags.boolean({
    description: "Tell the service's account who asked, with its latencies.",
    allowNo: true,
    env: 'NATSCTL_SHARE',
  }),
  'allow-trace': Flags.boolean({
    description: 'Message traces go on into this account (streams).',
    allowNo: true,
    env: 'NATSCTL_ALLOW_TRACE',
  }),
  token: Flags.string({
    char: 'u',
    description: 'Activation of a private export: a file, a web address, the token itself, or - for stdin.',
    helpValue: 'FILE',
    env: 'NATSCTL_TOKEN',
  }),
  'activation-expiry': Flags.string({
    description: 'When the activation made here ends; written as --expiry elsewhere.',
    helpValue: 'TIME',
    env: 'NATSCTL_ACTIVATION_EXPIRY',
  }),
  'activation-key': Flags.string({
    description: 'Key of the exporting account to sign that activation with: as --private-key.',
    helpValue: 'KEY',
    env: 'NATSCTL_ACTIVATION_KEY',
  }),
  unmatched: Flags.boolean({
    description: 'Also where the exporting account, as known here, does not export it.',
    env: 'NATSCTL_UNMATCHED',
  }),
};
