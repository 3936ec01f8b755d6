import { Flags } from '@oclif/core';
import { parseDuration } from '../duration.js';
import { listOf } from '../flags.js';
import { parseWhole } from '../number.js';
import type { PermissionEdit } from './edit.js';

/** The flags of permissions, which users, roles and accounts (as defaults of their users) share. */

const HELP = 'PERMISSIONS';

const subjects = (description: string, env: string) =>
  Flags.string({
    description,
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: HELP,
    helpValue: 'SUBJECT',
    env,
  });

export const permissionFlags = {
  'allow-pub': subjects('May publish to; repeatable, comma lists allowed.', 'NATSCTL_ALLOW_PUB'),
  'allow-sub': subjects('May subscribe to ("subject queue" for a queue); repeatable.', 'NATSCTL_ALLOW_SUB'),
  'allow-pubsub': subjects('May publish and subscribe to; repeatable.', 'NATSCTL_ALLOW_PUBSUB'),
  'deny-pub': subjects('May not publish to; repeatable.', 'NATSCTL_DENY_PUB'),
  'deny-sub': subjects('May not subscribe to; repeatable.', 'NATSCTL_DENY_SUB'),
  'deny-pubsub': subjects('May neither publish nor subscribe to; repeatable.', 'NATSCTL_DENY_PUBSUB'),
  'allow-pub-response': Flags.string({
    aliases: ['max-responses'],
    description: 'May answer requests: N messages each, 1 where N is left out, -1 for any number.',
    helpGroup: HELP,
    helpValue: '[N]',
    env: 'NATSCTL_ALLOW_PUB_RESPONSE',
  }),
  'response-ttl': Flags.string({
    description: 'How long a request may be answered: 500ms, 30s, 2m.',
    helpGroup: HELP,
    helpValue: 'DURATION',
    env: 'NATSCTL_RESPONSE_TTL',
  }),
};

export const permissionRemovalFlags = {
  'rm-allow-pub': subjects('Take out of what it may publish to.', 'NATSCTL_RM_ALLOW_PUB'),
  'rm-allow-sub': subjects('Take out of what it may subscribe to.', 'NATSCTL_RM_ALLOW_SUB'),
  'rm-deny-pub': subjects('Take out of what it may not publish to.', 'NATSCTL_RM_DENY_PUB'),
  'rm-deny-sub': subjects('Take out of what it may not subscribe to.', 'NATSCTL_RM_DENY_SUB'),
  rm: subjects('Take out of every list that holds it; repeatable.', 'NATSCTL_RM'),
  'rm-response-perms': Flags.boolean({
    description: 'No more than its permissions to answer requests.',
    helpGroup: HELP,
    env: 'NATSCTL_RM_RESPONSE_PERMS',
  }),
};

type Subjects = string[] | undefined;

/** What the flags above parse to. */
export interface PermissionFlags {
  'allow-pub'?: Subjects;
  'allow-sub'?: Subjects;
  'allow-pubsub'?: Subjects;
  'deny-pub'?: Subjects;
  'deny-sub'?: Subjects;
  'deny-pubsub'?: Subjects;
  'allow-pub-response'?: string | undefined;
  'response-ttl'?: string | undefined;
  'rm-allow-pub'?: Subjects;
  'rm-allow-sub'?: Subjects;
  'rm-deny-pub'?: Subjects;
  'rm-deny-sub'?: Subjects;
  rm?: Subjects;
  'rm-response-perms'?: boolean;
}

export function permissionEdit(flags: PermissionFlags): PermissionEdit {
  const [allowed, denied] = [listOf(flags['allow-pubsub']), listOf(flags['deny-pubsub'])];
  const [count, ttl] = [flags['allow-pub-response'], flags['response-ttl']];
  return {
    allowPub: { add: [...listOf(flags['allow-pub']), ...allowed], remove: listOf(flags['rm-allow-pub']) },
    allowSub: { add: [...listOf(flags['allow-sub']), ...allowed], remove: listOf(flags['rm-allow-sub']) },
    denyPub: { add: [...listOf(flags['deny-pub']), ...denied], remove: listOf(flags['rm-deny-pub']) },
    denySub: { add: [...listOf(flags['deny-sub']), ...denied], remove: listOf(flags['rm-deny-sub']) },
    remove: listOf(flags.rm),
    responses: count === undefined ? undefined : responseCount(count),
    responseTtl: ttl === undefined ? undefined : parseDuration(ttl),
    removeResponses: flags['rm-response-perms'] ? true : undefined,
  };
}

function responseCount(text: string): number {
  return text.trim() === '-1' ? -1 : parseWhole(text, '--allow-pub-response', 1, 2 ** 31 - 1);
}

/** `--allow-pub-response` may stand without a number, as with nsc; oclif knows no such flags. */
export function withResponseCount(argv: string[]): string[] {
  return argv.flatMap((arg, at) => {
    const alone = arg === '--allow-pub-response' && !/^-?\d+$/.test(argv[at + 1] ?? '');
    return alone ? [arg, '1'] : [arg];
  });
}
