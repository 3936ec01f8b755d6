import { Flags } from '@oclif/core';

/** The flags that many commands share. Each has its environment variable, which `--help` names. */

const GLOBAL = 'GLOBAL';

export const jsonFlag = {
  json: Flags.boolean({
    description: 'Print one JSON document on stdout, and nothing else there.',
    helpGroup: GLOBAL,
    env: 'NATSCTL_JSON',
  }),
};

/** Where the store is and which operator of it is meant. */
export const storeFlags = {
  store: Flags.string({
    description: "Folder that holds the operators' folders. Default: what nsc uses.",
    helpGroup: GLOBAL,
    helpValue: 'DIR',
    env: 'NATSCTL_STORE',
  }),
  keystore: Flags.string({
    description: 'Folder of private keys and creds. Default: what nsc uses.',
    helpGroup: GLOBAL,
    helpValue: 'DIR',
    env: 'NATSCTL_KEYSTORE',
  }),
};

export const operatorFlag = {
  operator: Flags.string({
    char: 'o',
    description:
      'Operator to work under. Default: the one of the context (nsc.json or working folder), or the only one.',
    helpGroup: GLOBAL,
    helpValue: 'NAME',
    env: 'NATSCTL_OPERATOR',
  }),
};

export const accountFlag = {
  account: Flags.string({
    char: 'a',
    description: 'Account, by name or public key. Default: the one of the context, or the only one.',
    helpValue: 'NAME',
    env: 'NATSCTL_ACCOUNT',
  }),
};

/** nsc's scripts say it; here it is what happens anyway. */
export const allAccountsFlag = {
  all: Flags.boolean({
    char: 'A',
    description: 'Every account: the default.',
    exclusive: ['account'],
    env: 'NATSCTL_ALL',
  }),
};

export const serviceFlag = {
  service: Flags.string({
    description:
      "Address of the service. Default: the operator's account server URL where it is http(s), else http://127.0.0.1:9090.",
    helpValue: 'URL',
    env: 'NATSCTL_SERVICE',
  }),
};

export const privateKeyFlag = {
  'private-key': Flags.string({
    char: 'K',
    description: 'Key to sign with: a public key of the keystore, a file with a seed, a seed, or (for users) a role.',
    helpValue: 'KEY',
    env: 'NATSCTL_PRIVATE_KEY',
  }),
};

export const expiryFlag = {
  expiry: Flags.string({
    description: 'When it ends: 2030-01-31, "2030-01-31 23:59:59 UTC", 30m 12h 7d 2w 3M 1y from now, or 0 for never.',
    helpValue: 'TIME',
    env: 'NATSCTL_EXPIRY',
  }),
};

export const tagFlag = {
  tag: Flags.string({
    description: 'Tag, repeatable; kept in lower case as nsc does.',
    multiple: true,
    multipleNonGreedy: true,
    env: 'NATSCTL_TAG',
  }),
};

export const rmTagFlag = {
  'rm-tag': Flags.string({
    description: 'Tag to take away, repeatable.',
    multiple: true,
    multipleNonGreedy: true,
    env: 'NATSCTL_RM_TAG',
  }),
};

/** What the two flags above ask for. */
export function tagEdit(flags: { tag?: string[]; 'rm-tag'?: string[] }): { add: string[]; remove: string[] } {
  const lower = (texts: string[] | undefined) => listOf(texts).map((text) => text.toLowerCase());
  return { add: lower(flags.tag), remove: lower(flags['rm-tag']) };
}

export const rawFlag = {
  raw: Flags.boolean({ char: 'R', description: 'Print the token as it is stored.', env: 'NATSCTL_RAW' }),
};

export const namesFlag = {
  names: Flags.boolean({ description: 'Print the names alone, one a line.', env: 'NATSCTL_NAMES' }),
};

/** Values of a repeatable flag, each of which may be a comma list (as nsc takes them); oclif gives one text from the environment. */
export function listOf(value: string[] | string | undefined): string[] {
  if (value === undefined) return [];
  return (typeof value === 'string' ? [value] : value)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
