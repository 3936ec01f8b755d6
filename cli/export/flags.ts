import { Flags } from '@oclif/core';
import type { ExportType, ResponseType } from '../../claims/types.js';
import { parseDuration } from '../duration.js';
import { usageError } from '../errors.js';
import type { ExportFields } from './claims.js';

/** Which of the two kinds is meant. */
export const typeFlags = {
  type: Flags.string({
    description: 'A stream that others receive, or a service that they send requests to; --service is short for it.',
    options: ['stream', 'service'],
    env: 'NATSCTL_TYPE',
  }),
  // nsc's word. It has no variable: NATSCTL_SERVICE is the address of the service.
  service: Flags.boolean({ char: 'r', description: 'As --type service.', hidden: true, exclusive: ['type'] }),
};

export function typeOf(flags: { type?: string | undefined; service?: boolean }): ExportType | undefined {
  return flags.service ? 'service' : (flags.type as ExportType | undefined);
}

/** What an export has beside its subject and kind. */
export const exportFlags = {
  name: Flags.string({ char: 'n', description: 'Name of the export. Default: its subject.', env: 'NATSCTL_NAME' }),
  private: Flags.boolean({
    char: 'p',
    description: 'Only accounts with an activation token may import it.',
    allowNo: true,
    env: 'NATSCTL_PRIVATE',
  }),
  latency: Flags.string({
    description: "Subject to publish the service's latencies to.",
    helpValue: 'SUBJECT',
    env: 'NATSCTL_LATENCY',
  }),
  sampling: Flags.string({
    description:
      'Share of requests whose latency is measured: 1 to 100 percent, or "headers" for those that ask for it.',
    helpValue: 'N',
    env: 'NATSCTL_SAMPLING',
  }),
  'response-type': Flags.string({
    description: 'How the service answers: Singleton (default), Stream or Chunked.',
    env: 'NATSCTL_RESPONSE_TYPE',
  }),
  'response-threshold': Flags.string({
    description: 'How long the service may take to answer (500ms, 5s, 2m); 0 for the default.',
    helpValue: 'TIME',
    env: 'NATSCTL_RESPONSE_THRESHOLD',
  }),
  'allow-trace': Flags.boolean({
    description: 'Message traces go on into this account (services).',
    allowNo: true,
    env: 'NATSCTL_ALLOW_TRACE',
  }),
  'account-token-position': Flags.integer({
    description: "Token of the subject, from 1, that must be the importing account's key; 0 for none.",
    helpValue: 'N',
    min: 0,
    env: 'NATSCTL_ACCOUNT_TOKEN_POSITION',
  }),
  advertise: Flags.boolean({ description: 'Offer it to others.', allowNo: true, env: 'NATSCTL_ADVERTISE' }),
  description: Flags.string({ description: 'What it is for.', env: 'NATSCTL_DESCRIPTION' }),
  'info-url': Flags.string({ description: 'Where to read more.', helpValue: 'URL', env: 'NATSCTL_INFO_URL' }),
};

interface ParsedExportFlags {
  name?: string | undefined;
  private?: boolean;
  latency?: string | undefined;
  sampling?: string | undefined;
  'response-type'?: string | undefined;
  'response-threshold'?: string | undefined;
  'allow-trace'?: boolean;
  'account-token-position'?: number | undefined;
  advertise?: boolean;
  description?: string | undefined;
  'info-url'?: string | undefined;
}

export function exportFields(flags: ParsedExportFlags): ExportFields {
  const threshold = flags['response-threshold'];
  return {
    name: flags.name,
    private: flags.private,
    latency: flags.latency,
    sampling: flags.sampling,
    responseType: responseType(flags['response-type']),
    responseThreshold: threshold === undefined ? undefined : parseDuration(threshold),
    allowTrace: flags['allow-trace'],
    tokenPosition: flags['account-token-position'],
    advertise: flags.advertise,
    description: flags.description,
    infoUrl: flags['info-url'],
  };
}

/** In any letter case. */
function responseType(text: string | undefined): ResponseType | undefined {
  if (text === undefined) return undefined;
  const known = (['Singleton', 'Stream', 'Chunked'] as const).find((one) => one.toLowerCase() === text.toLowerCase());
  if (known) return known;
  throw usageError(`not a response type: ${text}`, 'one of: Singleton, Stream, Chunked');
}
