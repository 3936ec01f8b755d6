import type { Export, ExportType, ResponseType } from '../../claims/types.js';
import { usageError } from '../errors.js';

/** What the flags say of an export. Undefined leaves it, an empty text or 0 takes it away. */
export interface ExportFields {
  name?: string | undefined;
  subject?: string | undefined;
  type?: ExportType | undefined;
  /** Only who has an activation token may import it. */
  private?: boolean | undefined;
  /** Subject that latencies of the service are published to. */
  latency?: string | undefined;
  /** 1 to 100, or `headers`. */
  sampling?: string | undefined;
  responseType?: ResponseType | undefined;
  /** Nanoseconds. */
  responseThreshold?: number | undefined;
  allowTrace?: boolean | undefined;
  tokenPosition?: number | undefined;
  advertise?: boolean | undefined;
  description?: string | undefined;
  infoUrl?: string | undefined;
}

/** A new export, before its fields: a service answers once unless said otherwise, as nsc writes it. */
export function blankExport(subject: string, type: ExportType): Export {
  const base: Export = { name: subject, subject, type, revocations: new Map() };
  return type === 'service' ? { ...base, response_type: 'Singleton' } : base;
}

export function withFields(before: Export, fields: ExportFields): Export {
  const after: Export = { ...before };
  if (fields.subject !== undefined) {
    after.subject = fields.subject;
    // A name that was only the subject again follows it.
    if (before.name === before.subject) after.name = fields.subject;
  }
  if (fields.type !== undefined && fields.type !== before.type) changeType(after, fields.type);
  set(after, 'name', fields.name);
  set(after, 'token_req', fields.private);
  set(after, 'response_type', fields.responseType);
  set(after, 'response_threshold', fields.responseThreshold);
  set(after, 'allow_trace', fields.allowTrace);
  set(after, 'account_token_position', fields.tokenPosition);
  set(after, 'advertise', fields.advertise);
  set(after, 'description', fields.description);
  set(after, 'info_url', fields.infoUrl);
  setLatency(after, fields);
  if (after.token_req && after.account_token_position) {
    // Servers look at the position alone then, and let everybody in without a token.
    throw usageError(
      'an export with an account token position cannot be private too',
      'leave out --private or --account-token-position: either one keeps the others out',
    );
  }
  return after;
}

function set<K extends keyof Export>(target: Export, key: K, value: Export[K] | undefined): void {
  if (value === undefined) return;
  if (value === '' || value === 0 || value === false) delete target[key];
  else target[key] = value;
}

function changeType(target: Export, type: ExportType): void {
  target.type = type;
  if (type === 'service') target.response_type = 'Singleton';
  else {
    delete target.response_type;
    delete target.response_threshold;
    delete target.service_latency;
    delete target.allow_trace;
  }
}

function setLatency(target: Export, { latency, sampling }: ExportFields): void {
  if (latency === undefined && sampling === undefined) return;
  if (latency === '') {
    delete target.service_latency;
    return;
  }
  const results = latency ?? target.service_latency?.results;
  const rate = sampling === undefined ? target.service_latency?.sampling : parseSampling(sampling);
  if (results === undefined) throw usageError('--latency is missing', 'it says where latencies are published to');
  if (rate === undefined) throw usageError('--sampling is missing', 'a percentage from 1 to 100, or headers');
  target.service_latency = { results, sampling: rate };
}

/** nsc writes `header`, the claim `headers`. */
export function parseSampling(text: string): number | 'headers' {
  if (/^headers?$/i.test(text)) return 'headers';
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (percent < 1 || percent > 100)
    throw usageError(`not a sampling: ${text}`, 'a percentage from 1 to 100, or headers');
  return percent;
}
