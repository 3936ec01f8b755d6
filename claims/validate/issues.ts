/** What validation can find. The codes are stable; the messages are for people. */

/** `error` blocks, as it does on nats-server; `time` passes or comes with the clock; `warning` works, but not as somebody may think. */
export type IssueLevel = 'error' | 'warning' | 'time';

export interface Issue {
  code: IssueCode;
  message: string;
  level: IssueLevel;
  /** JSON pointer into the claims, e.g. `/nats/exports/0/subject`; keys of dictionaries and signing keys stand for themselves. */
  path: string;
}

/** Every code with its level. Those marked "ours" go beyond nats-io/jwt's Validate. */
export const ISSUES = {
  ERR_CLAIM_EXPIRED: 'time',
  ERR_CLAIM_NOT_YET_VALID: 'time',
  /** Ours: revocations made now would not cover it. The service refuses it. */
  ERR_CLAIM_ISSUED_IN_FUTURE: 'warning',

  ERR_OPERATOR_ISSUER: 'error',
  ERR_OPERATOR_ACCOUNT_SERVER_URL: 'error',
  ERR_OPERATOR_SERVICE_URL: 'error',
  ERR_OPERATOR_SIGNING_KEY: 'error',
  ERR_OPERATOR_SYSTEM_ACCOUNT: 'error',
  ERR_OPERATOR_SERVER_VERSION: 'error',

  ERR_ACCOUNT_JETSTREAM_TIERS: 'error',
  ERR_ACCOUNT_TIER_NAME: 'error',
  ERR_ACCOUNT_TOO_MANY_IMPORTS: 'error',
  ERR_ACCOUNT_TOO_MANY_EXPORTS: 'error',
  ERR_ACCOUNT_WILDCARD_EXPORT: 'error',
  ERR_ACCOUNT_SIGNING_KEY: 'error',
  ERR_ACCOUNT_SCOPE_KEY: 'error',
  /** Ours: users of the role will be refused, or get less than the template says. */
  ERR_ACCOUNT_SCOPE_TEMPLATE: 'warning',
  /** Ours: revokes nobody. */
  ERR_ACCOUNT_REVOCATION_KEY: 'warning',
  ERR_ACCOUNT_CLUSTER_TRAFFIC: 'error',
  ERR_ACCOUNT_TRACE_SUBJECT: 'error',
  ERR_ACCOUNT_TRACE_SAMPLING: 'error',
  ERR_ACCOUNT_SELF_SIGNED_LIMITS: 'warning',
  ERR_DESCRIPTION_TOO_LONG: 'error',
  ERR_INFO_URL: 'error',

  ERR_AUTHORIZATION_NO_USERS: 'error',
  ERR_AUTHORIZATION_USER: 'error',
  ERR_AUTHORIZATION_ANY_ACCOUNT: 'error',
  ERR_AUTHORIZATION_ACCOUNT: 'error',
  ERR_AUTHORIZATION_XKEY: 'error',

  ERR_MAPPING_SUBJECT: 'error',
  ERR_MAPPING_WEIGHT: 'error',
  ERR_MAPPING_WEIGHT_SUM: 'error',
  /** Ours: servers skip such a mapping without a word. */
  ERR_MAPPING_TRANSFORM: 'warning',

  ERR_EXPORT_TYPE: 'error',
  ERR_EXPORT_SUBJECT: 'error',
  ERR_EXPORT_RESPONSE_TYPE: 'error',
  ERR_EXPORT_STREAM_RESPONSE_TYPE: 'error',
  ERR_EXPORT_STREAM_TRACE: 'error',
  ERR_EXPORT_STREAM_LATENCY: 'error',
  ERR_EXPORT_STREAM_THRESHOLD: 'error',
  ERR_EXPORT_THRESHOLD: 'error',
  ERR_EXPORT_LATENCY_SAMPLING: 'error',
  ERR_EXPORT_LATENCY_SUBJECT: 'error',
  ERR_EXPORT_TOKEN_POSITION: 'error',
  ERR_EXPORT_OVERLAP: 'error',
  /** Ours: revokes nobody. */
  ERR_EXPORT_REVOCATION_KEY: 'warning',

  ERR_IMPORT_TYPE: 'error',
  ERR_IMPORT_ACCOUNT: 'error',
  ERR_IMPORT_SUBJECT: 'error',
  ERR_IMPORT_LOCAL_SUBJECT: 'error',
  ERR_IMPORT_LOCAL_AND_TO: 'error',
  ERR_IMPORT_TO_DEPRECATED: 'warning',
  /** Ours: servers skip such an import without a word. */
  ERR_IMPORT_TRANSFORM: 'warning',
  ERR_IMPORT_SERVICE_TRACE: 'error',
  ERR_IMPORT_STREAM_SHARE: 'error',
  ERR_IMPORT_OVERLAP: 'error',
  ERR_IMPORT_TOKEN: 'error',
  ERR_IMPORT_TOKEN_ACCOUNT: 'error',
  ERR_IMPORT_TOKEN_IMPORTER: 'error',
  ERR_IMPORT_TOKEN_TYPE: 'error',
  ERR_IMPORT_TOKEN_SUBJECT: 'error',
  /** Ours: the import does not work now, the account does. */
  ERR_IMPORT_TOKEN_TIME: 'warning',

  ERR_PERMISSION_SUBJECT: 'error',
  ERR_PERMISSION_QUEUE: 'error',
  ERR_USER_SOURCE_NETWORK: 'error',
  ERR_USER_TIME_RANGE: 'error',
  ERR_USER_TIME_ZONE: 'error',
  ERR_USER_ISSUER_ACCOUNT: 'error',
  /** Ours: a list of only unknown types refuses every connection. */
  ERR_USER_UNKNOWN_CONNECTION_TYPE: 'warning',
  /** Ours, where the user's scope is known: it has something of its own. */
  ERR_USER_NOT_EMPTY: 'error',
  /** Ours, where the user's scope is known: the template cannot be filled, or loses what it allows. */
  ERR_USER_TEMPLATE: 'error',
  ERR_USER_TEMPLATE_DROPPED: 'warning',

  ERR_ACTIVATION_KIND: 'error',
  ERR_ACTIVATION_SUBJECT: 'error',
  ERR_ACTIVATION_ISSUER_ACCOUNT: 'error',

  ERR_AUTH_REQUEST_USER_KEY: 'error',
  ERR_AUTH_RESPONSE_SUBJECT: 'error',
  ERR_AUTH_RESPONSE_AUDIENCE: 'error',
  ERR_AUTH_RESPONSE_EMPTY: 'error',
  ERR_AUTH_RESPONSE_BOTH: 'error',
  ERR_AUTH_RESPONSE_ISSUER_ACCOUNT: 'error',
} as const satisfies Record<string, IssueLevel>;

export type IssueCode = keyof typeof ISSUES;

/** Where in the claims, from the top. */
export type IssuePath = readonly (string | number)[];

export type Report = (code: IssueCode, path: IssuePath, message: string) => void;

/** A list of issues and the function that adds to it. */
export function collect(): { issues: Issue[]; report: Report } {
  const issues: Issue[] = [];
  const report: Report = (code, path, message) => {
    const pointer = path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    issues.push({ code, message, level: ISSUES[code], path: pointer });
  };
  return { issues, report };
}

/** A value in a message: quoted, and cut where long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}..."` : text;
}
