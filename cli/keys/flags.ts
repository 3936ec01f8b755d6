import { Flags } from '@oclif/core';
import { listOf } from '../flags.js';
import type { KeyChoice } from './choose.js';

/** Which keys; shared by listing and exporting. */
export const choiceFlags = {
  kind: Flags.string({
    description: 'Only keys of this kind: operator, account, user, curve, server, cluster; repeatable.',
    multiple: true,
    helpValue: 'KIND',
    env: 'NATSCTL_KIND',
  }),
  account: Flags.string({
    char: 'a',
    description: 'Only keys of this account and its users, by name or public key; repeatable.',
    multiple: true,
    helpValue: 'NAME',
    env: 'NATSCTL_ACCOUNT',
  }),
  user: Flags.string({
    char: 'u',
    description: 'Only the key of this user, by name or public key; repeatable.',
    multiple: true,
    helpValue: 'NAME',
    env: 'NATSCTL_USER',
  }),
  filter: Flags.string({
    description: 'Only keys in which, or in whose name, this text stands.',
    helpValue: 'TEXT',
    env: 'NATSCTL_FILTER',
  }),
  orphaned: Flags.boolean({
    description: 'Only keys of the keystore that no operator here refers to.',
    aliases: ['not-referenced'],
    env: 'NATSCTL_ORPHANED',
  }),
  all: Flags.boolean({ char: 'A', hidden: true, description: 'All of them, as nsc has it.', env: 'NATSCTL_ALL' }),
};

export function choiceOf(flags: {
  kind?: string[] | undefined;
  account?: string[] | undefined;
  user?: string[] | undefined;
  filter?: string | undefined;
  orphaned: boolean;
}): KeyChoice {
  return {
    kinds: listOf(flags.kind),
    accounts: listOf(flags.account),
    users: listOf(flags.user),
    filter: flags.filter,
    orphaned: flags.orphaned,
  };
}
