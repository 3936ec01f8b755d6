import { Flags } from '@oclif/core';
import type { RestOptions } from '../../resolver/rest.js';
import { usageError } from '../errors.js';
import { secretOfFile } from '../sync/access-token.js';
import { DEFAULT_SERVICE } from '../sync/service-url.js';

/** Which service, and as whom. */
export const restFlags = {
  service: Flags.string({
    char: 'u',
    description: `Address of the service. Default: ${DEFAULT_SERVICE}.`,
    helpValue: 'URL',
    env: 'NATSCTL_SERVICE',
  }),
  'token-file': Flags.string({
    description: 'File with an access token of the service.',
    helpValue: 'FILE',
    env: 'NATSCTL_TOKEN_FILE',
  }),
  timeout: Flags.integer({
    description: 'Seconds to wait for an answer.',
    helpValue: 'SECONDS',
    min: 1,
    max: 60,
    default: 5,
    env: 'NATSCTL_TIMEOUT',
  }),
};

export async function restOptions(flags: {
  service?: string | undefined;
  'token-file'?: string | undefined;
  timeout: number;
}): Promise<RestOptions> {
  const file = flags['token-file'];
  if (file === undefined) {
    throw usageError(
      '--token-file is missing',
      'name a file with an access token: that of whoever runs the service is admin.token in its data folder',
    );
  }
  const accessToken = await secretOfFile(file);
  return { base: flags.service ?? DEFAULT_SERVICE, accessToken, timeoutMs: flags.timeout * 1_000 };
}

/** Of a list. */
export const pageFlags = {
  limit: Flags.integer({
    description: 'How many to show.',
    helpValue: 'N',
    default: 100,
    min: 1,
    max: 1_000,
    env: 'NATSCTL_LIMIT',
  }),
  after: Flags.string({
    description: 'Those that follow a list: what it said at its end.',
    helpValue: 'NEXT',
    env: 'NATSCTL_AFTER',
  }),
};

/** Of what the service holds: not of the local store. */
export const scopeFlags = {
  operator: Flags.string({
    char: 'o',
    description: 'Operator at the service, by name or public key.',
    helpValue: 'NAME',
    env: 'NATSCTL_OPERATOR',
  }),
  account: Flags.string({
    char: 'a',
    description: 'Account at the service, by name or public key.',
    helpValue: 'NAME',
    env: 'NATSCTL_ACCOUNT',
  }),
};

/** Where a secret goes that is told once. */
export const secretFlags = {
  output: Flags.string({
    char: 'f',
    description: 'File to write it to, private to you. Default: stdout.',
    helpValue: 'FILE',
    env: 'NATSCTL_OUTPUT',
  }),
};
