import { Flags } from '@oclif/core';
import { tlsFlags } from '../client/tls.js';

const RESOLVER = 'RESOLVER';

/** Where accounts are pushed to and pulled from, and as whom. Shared by push, pull, diff and what deletes there. */
export const remoteFlags = {
  service: Flags.string({
    char: 'u',
    aliases: ['server', 'account-jwt-server-url'],
    charAliases: ['s'],
    description:
      "Where accounts are kept: http(s):// for a service, nats:// tls:// ws:// wss:// (several with commas) for the full resolvers of nats-servers. Default: the operator's account server URL, else http://127.0.0.1:9090.",
    helpValue: 'URL',
    env: 'NATSCTL_SERVICE',
  }),
  'system-account': Flags.string({
    description: "Over NATS: account to connect to, by name or public key. Default: the operator's system account.",
    helpGroup: RESOLVER,
    helpValue: 'NAME',
    env: 'NATSCTL_SYSTEM_ACCOUNT',
  }),
  'system-user': Flags.string({
    description: 'Over NATS: user of it to connect as. Default: one made for two minutes, with no more than is needed.',
    helpGroup: RESOLVER,
    helpValue: 'NAME',
    env: 'NATSCTL_SYSTEM_USER',
  }),
  'system-creds': Flags.string({
    aliases: ['creds'],
    description: 'Over NATS: creds file of a user of the system account to connect with.',
    helpGroup: RESOLVER,
    helpValue: 'FILE',
    exclusive: ['system-user', 'system-account'],
    env: 'NATSCTL_SYSTEM_CREDS',
  }),
  servers: Flags.integer({
    description: 'Over NATS: how many servers must answer. Default: as many as answer a ping.',
    helpGroup: RESOLVER,
    helpValue: 'N',
    min: 1,
    max: 4096,
    env: 'NATSCTL_SERVERS',
  }),
  timeout: Flags.integer({
    description: 'Seconds to wait for an answer.',
    helpGroup: RESOLVER,
    helpValue: 'SECONDS',
    min: 1,
    max: 60,
    default: 5,
    env: 'NATSCTL_TIMEOUT',
  }),
  ...tlsFlags,
};
