import { Flags } from '@oclif/core';
import { secondsOfDay } from '../../claims/trust/times.js';
import { CONNECTION_TYPES, type TimeRange } from '../../claims/types.js';
import { usageError } from '../errors.js';
import { listOf } from '../flags.js';
import { parseLimit } from '../number.js';
import { type PermissionFlags, permissionEdit, permissionFlags, permissionRemovalFlags } from '../permission/flags.js';
import type { LimitEdit } from './limits.js';

/** The flags of permissions and limits, which users and roles share. */

const HELP = 'LIMITS';

const limit = (description: string, env: string, aliases: string[] = []) =>
  Flags.string({ description, helpGroup: HELP, helpValue: 'N', env, aliases });

const list = (description: string, helpValue: string, env: string) =>
  Flags.string({ description, multiple: true, multipleNonGreedy: true, helpGroup: HELP, helpValue, env });

export const limitFlags = {
  ...permissionFlags,
  subs: limit('Subscriptions at most; -1 for any number.', 'NATSCTL_SUBS', ['subscriptions']),
  data: limit('Bytes at most (10k, 64KiB, 2GB); -1 for any number.', 'NATSCTL_DATA'),
  payload: limit('Bytes of a message at most; -1 for what the server allows.', 'NATSCTL_PAYLOAD'),
  bearer: Flags.boolean({
    description: 'The JWT alone connects, without its key.',
    helpGroup: HELP,
    allowNo: true,
    env: 'NATSCTL_BEARER',
  }),
  'proxy-required': Flags.boolean({
    description: 'Connects through a trusted proxy only.',
    helpGroup: HELP,
    allowNo: true,
    env: 'NATSCTL_PROXY_REQUIRED',
  }),
  time: list('Hours of the day it may be connected; repeatable.', 'hh:mm:ss-hh:mm:ss', 'NATSCTL_TIME'),
  locale: Flags.string({
    description: "Time zone of those hours (Europe/Paris); '' for the server's own.",
    helpGroup: HELP,
    helpValue: 'ZONE',
    env: 'NATSCTL_LOCALE',
  }),
  'source-network': list('Network it may connect from (10.0.0.0/8); repeatable.', 'CIDR', 'NATSCTL_SOURCE_NETWORK'),
  'conn-type': list(
    `How it may connect: ${CONNECTION_TYPES.join(', ')}; repeatable. Default: any.`,
    'TYPE',
    'NATSCTL_CONN_TYPE',
  ),
};

export const limitRemovalFlags = {
  ...permissionRemovalFlags,
  'rm-time': list('Take out hours, by their start; repeatable.', 'hh:mm:ss', 'NATSCTL_RM_TIME'),
  'rm-source-network': list('Take out a network; repeatable.', 'CIDR', 'NATSCTL_RM_SOURCE_NETWORK'),
  'rm-conn-type': list('Take out a connection type; repeatable.', 'TYPE', 'NATSCTL_RM_CONN_TYPE'),
};

/** What the flags above parse to. */
export interface LimitFlags extends PermissionFlags {
  subs?: string | undefined;
  data?: string | undefined;
  payload?: string | undefined;
  bearer?: boolean;
  'proxy-required'?: boolean;
  time?: string[] | undefined;
  locale?: string | undefined;
  'source-network'?: string[] | undefined;
  'conn-type'?: string[] | undefined;
  'rm-time'?: string[] | undefined;
  'rm-source-network'?: string[] | undefined;
  'rm-conn-type'?: string[] | undefined;
}

export function limitEdit(flags: LimitFlags): LimitEdit {
  const number = (name: 'subs' | 'data' | 'payload') =>
    flags[name] === undefined ? undefined : parseLimit(flags[name], `--${name}`);
  const lower = (texts: string[] | undefined) => listOf(texts).map((text) => text.toLowerCase());
  return {
    permissions: permissionEdit(flags),
    subs: number('subs'),
    data: number('data'),
    payload: number('payload'),
    bearer: flags.bearer,
    proxyRequired: flags['proxy-required'],
    times: listOf(flags.time).map(timeRange),
    removeTimes: listOf(flags['rm-time']),
    locale: flags.locale,
    sourceNetworks: { add: lower(flags['source-network']), remove: lower(flags['rm-source-network']) },
    connectionTypes: {
      add: listOf(flags['conn-type']).map(connectionType),
      // What an older tool wrote (`mqtt`, a type unknown here) can be taken out as it stands.
      remove: listOf(flags['rm-conn-type']),
    },
  };
}

function timeRange(text: string): TimeRange {
  const [start = '', end = '', ...more] = text.split('-').map((part) => part.trim());
  if (more.length === 0 && secondsOfDay(start) !== null && secondsOfDay(end) !== null) return { start, end };
  throw usageError(`--time is not a range of the day: ${text}`, 'write 08:30:00-17:00:00');
}

function connectionType(text: string): string {
  const known = CONNECTION_TYPES.find((type) => type === text.toUpperCase());
  if (known !== undefined) return known;
  throw usageError(`--conn-type is not a connection type: ${text}`, `one of: ${CONNECTION_TYPES.join(', ')}`);
}
