import { Flags } from '@oclif/core';
import { listOf } from '../flags.js';
import { parseLimit, parseWhole } from '../number.js';
import type { AuthCalloutEdit } from './auth-callout.js';
import type { AccountEdit } from './edit.js';
import type { JetStreamEdit } from './jetstream.js';

/** The flags of `account edit` that are an account's own: limits, JetStream, auth callout, tracing. */

const number = (helpGroup: string, description: string, env: string, aliases: string[] = []) =>
  Flags.string({ description, helpGroup, helpValue: 'N', env, aliases });

const LIMITS = 'LIMITS';
const limit = (what: string, env: string, aliases?: string[]) =>
  number(LIMITS, `${what}; -1 for any number.`, env, aliases);

export const accountLimitFlags = {
  conns: limit('Connections at most', 'NATSCTL_CONNS', ['connections']),
  'leaf-conns': limit('Leaf node connections at most', 'NATSCTL_LEAF_CONNS', ['leafnodes']),
  data: limit('Bytes at most (10k, 64KiB, 2GB)', 'NATSCTL_DATA'),
  payload: limit('Bytes of a message at most', 'NATSCTL_PAYLOAD'),
  subscriptions: limit('Subscriptions at most', 'NATSCTL_SUBSCRIPTIONS', ['subs']),
  imports: limit('Imports at most', 'NATSCTL_IMPORTS'),
  exports: limit('Exports at most', 'NATSCTL_EXPORTS'),
  'wildcard-exports': Flags.boolean({
    description: 'Exports may have wildcards.',
    helpGroup: LIMITS,
    allowNo: true,
    env: 'NATSCTL_WILDCARD_EXPORTS',
  }),
  'disallow-bearer': Flags.boolean({
    description: 'No user may connect by its JWT alone.',
    helpGroup: LIMITS,
    allowNo: true,
    env: 'NATSCTL_DISALLOW_BEARER',
  }),
};

export interface AccountLimitFlags {
  conns?: string | undefined;
  'leaf-conns'?: string | undefined;
  data?: string | undefined;
  payload?: string | undefined;
  subscriptions?: string | undefined;
  imports?: string | undefined;
  exports?: string | undefined;
  'wildcard-exports'?: boolean;
  'disallow-bearer'?: boolean;
}

export function accountLimitEdit(flags: AccountLimitFlags): AccountEdit['limits'] {
  const value = (name: Exclude<keyof AccountLimitFlags, 'wildcard-exports' | 'disallow-bearer'>) =>
    flags[name] === undefined ? undefined : parseLimit(flags[name], `--${name}`);
  return {
    conn: value('conns'),
    leaf: value('leaf-conns'),
    data: value('data'),
    payload: value('payload'),
    subs: value('subscriptions'),
    imports: value('imports'),
    exports: value('exports'),
    wildcards: flags['wildcard-exports'],
    disallow_bearer: flags['disallow-bearer'],
  };
}

const JETSTREAM = 'JETSTREAM';
const js = (what: string, env: string, aliases?: string[]) => number(JETSTREAM, `${what}.`, env, aliases);

export const jetStreamFlags = {
  'js-tier': js(
    'Replication factor that the limits are for; 0, the default, for all together. An account has the one or the other',
    'NATSCTL_JS_TIER',
  ),
  'rm-js-tier': js('Take the limits of this tier away', 'NATSCTL_RM_JS_TIER'),
  'js-enable': js('Switch on with unlimited storage, in this tier', 'NATSCTL_JS_ENABLE'),
  'js-disable': Flags.boolean({
    description: 'Switch off, with every limit.',
    helpGroup: JETSTREAM,
    env: 'NATSCTL_JS_DISABLE',
  }),
  'js-mem-storage': js('Bytes of memory; -1 unlimited, 0 none', 'NATSCTL_JS_MEM_STORAGE', ['mem-storage', 'js-memory']),
  'js-disk-storage': js('Bytes on disk; -1 unlimited, 0 none', 'NATSCTL_JS_DISK_STORAGE', ['disk-storage', 'js-disk']),
  'js-streams': js('Streams at most; -1 unlimited', 'NATSCTL_JS_STREAMS', ['streams']),
  'js-consumer': js('Consumers at most; -1 unlimited', 'NATSCTL_JS_CONSUMER', ['consumer', 'js-consumers']),
  'js-max-mem-stream': js('Bytes of a stream in memory; -1 unlimited', 'NATSCTL_JS_MAX_MEM_STREAM', [
    'js-memory-stream',
  ]),
  'js-max-disk-stream': js('Bytes of a stream on disk; -1 unlimited', 'NATSCTL_JS_MAX_DISK_STREAM', ['js-disk-stream']),
  'js-max-ack-pending': js('Acknowledgements a consumer may be owed; -1 unlimited', 'NATSCTL_JS_MAX_ACK_PENDING', [
    'js-max-pending',
  ]),
  'js-max-bytes-required': Flags.boolean({
    aliases: ['js-stream-size-required'],
    description: 'A stream must say how large it may grow.',
    helpGroup: JETSTREAM,
    allowNo: true,
    env: 'NATSCTL_JS_MAX_BYTES_REQUIRED',
  }),
};

type JetStreamFlags = {
  [name in Exclude<keyof typeof jetStreamFlags, 'js-disable' | 'js-max-bytes-required'>]?: string | undefined;
} & { 'js-disable'?: boolean; 'js-max-bytes-required'?: boolean };

const MOST_REPLICAS = 99;

export function jetStreamEdit(flags: JetStreamFlags): JetStreamEdit {
  type Name = Exclude<keyof JetStreamFlags, 'js-disable' | 'js-max-bytes-required'>;
  const value = (name: Name) => (flags[name] === undefined ? undefined : parseLimit(flags[name], `--${name}`));
  const tier = (name: Name) =>
    flags[name] === undefined ? undefined : parseWhole(flags[name], `--${name}`, 0, MOST_REPLICAS);
  return {
    tier: tier('js-tier'),
    removeTier: tier('rm-js-tier'),
    enable: tier('js-enable'),
    disable: flags['js-disable'] ? true : undefined,
    limits: {
      mem_storage: value('js-mem-storage'),
      disk_storage: value('js-disk-storage'),
      streams: value('js-streams'),
      consumer: value('js-consumer'),
      max_ack_pending: value('js-max-ack-pending'),
      mem_max_stream_bytes: value('js-max-mem-stream'),
      disk_max_stream_bytes: value('js-max-disk-stream'),
      max_bytes_required: flags['js-max-bytes-required'],
    },
  };
}

const CALLOUT = 'AUTH CALLOUT';
const list = (description: string, helpValue: string, env: string) =>
  Flags.string({ description, multiple: true, multipleNonGreedy: true, helpGroup: CALLOUT, helpValue, env });

export const authCalloutFlags = {
  'auth-user': list(
    'User, by name or public key, who answers the callout and is not asked about; repeatable.',
    'USER',
    'NATSCTL_AUTH_USER',
  ),
  'rm-auth-user': list('Take such a user away; repeatable.', 'USER', 'NATSCTL_RM_AUTH_USER'),
  'allowed-account': list(
    "Account, by name or public key, that it may put users into, or '*' for any; repeatable.",
    'ACCOUNT',
    'NATSCTL_ALLOWED_ACCOUNT',
  ),
  'rm-allowed-account': list('Take such an account away; repeatable.', 'ACCOUNT', 'NATSCTL_RM_ALLOWED_ACCOUNT'),
  xkey: Flags.string({
    aliases: ['curve'],
    description: 'Curve key that requests are sealed for: a public key, a file with a seed, or "generate".',
    helpGroup: CALLOUT,
    helpValue: 'KEY',
    env: 'NATSCTL_XKEY',
    exclusive: ['rm-xkey'],
  }),
  'rm-xkey': Flags.boolean({
    aliases: ['rm-curve'],
    description: 'Requests are not sealed any more.',
    helpGroup: CALLOUT,
    env: 'NATSCTL_RM_XKEY',
  }),
  'disable-auth-callout': Flags.boolean({
    description: 'Switch auth callout off, with everything set for it.',
    helpGroup: CALLOUT,
    env: 'NATSCTL_DISABLE_AUTH_CALLOUT',
  }),
};

export function authCalloutEdit(flags: {
  'auth-user'?: string[];
  'rm-auth-user'?: string[];
  'allowed-account'?: string[];
  'rm-allowed-account'?: string[];
  xkey?: string | undefined;
  'rm-xkey'?: boolean;
  'disable-auth-callout'?: boolean;
}): AuthCalloutEdit {
  return {
    authUsers: { add: listOf(flags['auth-user']), remove: listOf(flags['rm-auth-user']) },
    allowedAccounts: { add: listOf(flags['allowed-account']), remove: listOf(flags['rm-allowed-account']) },
    xkey: flags['rm-xkey'] ? '' : flags.xkey,
    disable: flags['disable-auth-callout'] ? true : undefined,
  };
}
