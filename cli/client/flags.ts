import { Flags } from '@oclif/core';
import { tlsFlags } from './tls.js';

/** Whom and where to connect as and to; shared by the commands that are NATS clients. */
export const clientFlags = {
  server: Flags.string({
    char: 's',
    description: "Server to connect to. Default: the operator's service URLs, else nats://127.0.0.1:4222.",
    helpValue: 'URL',
    env: 'NATSCTL_SERVER',
  }),
  user: Flags.string({
    char: 'u',
    description: 'User of the store to connect as, by name or public key. Default: the only one of the account.',
    helpValue: 'NAME',
    env: 'NATSCTL_USER',
  }),
  creds: Flags.string({
    description: 'Creds file to connect with, instead of a user of the store.',
    helpValue: 'FILE',
    exclusive: ['user'],
    env: 'NATSCTL_CREDS',
  }),
  ...tlsFlags,
};
