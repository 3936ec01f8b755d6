import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifySchemaValidationError } from 'fastify';
import { isNatsctlError, type NatsctlError } from '../../claims/errors.js';
import type { Issue } from '../../claims/validate/issues.js';
import type { ServiceErrorCode } from '../errors.js';
import { isLibsqlFailure, unavailable } from '../store/database-error.js';

/** RFC 9457, with the project's codes. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  hint?: string;
  errors?: { pointer: string; message: string }[];
  /** Facts for a program, of the codes that have some (`SHOWN`). */
  details?: Readonly<Record<string, unknown>>;
  instance?: string;
}

/** The status of the service's own codes. What claims/ says of a token or key somebody sent is theirs to mend: 400. */
const STATUS: Record<ServiceErrorCode, number> = {
  ERR_ACCOUNT_DELETED: 409,
  ERR_ACCOUNT_EXISTS: 409,
  ERR_ACCOUNT_IN_USE: 409,
  ERR_ACCOUNT_LAPSED: 404,
  ERR_ACCOUNT_NAME_TAKEN: 409,
  ERR_ACCOUNT_NOT_PENDING: 404,
  ERR_ACCOUNT_SYSTEM: 409,
  ERR_ACCOUNT_UNKNOWN: 404,
  ERR_ACTIVATIONS_FULL: 409,
  ERR_ACTIVATION_DECIDED: 409,
  ERR_ACTIVATION_NOT_ASKED: 400,
  ERR_ACTIVATION_NOT_LATER: 409,
  ERR_ACTIVATION_OLDER: 409,
  ERR_ACTIVATION_REQUESTED: 409,
  ERR_ACTIVATION_REQUESTS_FULL: 409,
  ERR_ACTIVATION_REQUEST_UNKNOWN: 404,
  ERR_ACTIVATION_SELF: 400,
  ERR_ACTIVATION_UNKNOWN: 404,
  ERR_ANNOUNCE: 500,
  ERR_AUTH_FORBIDDEN: 403,
  ERR_AUTH_NO_ROLE: 403,
  ERR_AUTH_REQUIRED: 401,
  ERR_AUTH_TOKEN_INVALID: 401,
  ERR_AUTH_TOKEN_OUTDATED: 401,
  ERR_BACKUP_FILE: 500,
  ERR_BEARER_NOT_ALLOWED: 403,
  ERR_BODY_INVALID: 400,
  ERR_BODY_TOO_LARGE: 413,
  ERR_CLAIMS_INVALID: 400,
  ERR_CLIENT_CERTIFICATE: 403,
  ERR_CONFIG_TOO_LARGE: 409,
  ERR_CONTENT_TYPE: 415,
  ERR_CURSOR_INVALID: 400,
  ERR_CUSTODY_MODE: 409,
  ERR_DATABASE: 500,
  ERR_DATABASE_LOCKED: 503,
  ERR_DATABASE_NEWER: 500,
  ERR_DATABASE_NOT_EMPTY: 500,
  ERR_DATABASE_OLDER: 500,
  ERR_DATABASE_UNAVAILABLE: 503,
  ERR_DATABASE_URL: 500,
  ERR_DATA_DIR: 500,
  ERR_DATA_DIR_LOCKED: 500,
  ERR_EVENTS_BUSY: 503,
  ERR_EXPORT_IN_USE: 409,
  ERR_EXPORT_TAKEN: 409,
  ERR_EXPORT_UNKNOWN: 404,
  ERR_HEADERS_TOO_LARGE: 431,
  ERR_IDEMPOTENCY_DONE: 409,
  ERR_IDEMPOTENCY_KEY: 400,
  ERR_IDEMPOTENCY_MISMATCH: 422,
  ERR_IDEMPOTENCY_RUNNING: 409,
  ERR_IMPORT_AMBIGUOUS: 409,
  ERR_IMPORT_SELF: 400,
  ERR_IMPORT_TAKEN: 409,
  ERR_IMPORT_UNKNOWN: 404,
  ERR_INTERNAL: 500,
  ERR_JTI_LOOKUP: 501,
  ERR_KEY_EXPORT_OFF: 403,
  ERR_KEY_FOREIGN: 400,
  ERR_KEY_PROOF: 400,
  ERR_KEY_PROOF_REQUIRED: 403,
  ERR_KEY_REMOTE: 409,
  ERR_KEY_UNKNOWN: 404,
  ERR_LINK_CREDS: 409,
  ERR_LINK_SERVERS: 400,
  ERR_LINK_UNKNOWN: 404,
  ERR_LISTEN: 500,
  ERR_MAPPING_UNKNOWN: 404,
  ERR_MASTER_KEY_FILE: 500,
  ERR_MASTER_KEY_INVALID: 500,
  ERR_MASTER_KEY_REMOTE: 503,
  ERR_MASTER_KEY_WRONG: 500,
  ERR_MIGRATION_CHANGED: 500,
  ERR_OIDC_ISSUER: 503,
  ERR_OPERATOR_FOREIGN: 409,
  ERR_OPERATOR_KEY_ABSENT: 409,
  ERR_OPERATOR_KEY_FOREIGN: 400,
  ERR_OPERATOR_MISSING: 400,
  ERR_OPERATOR_NONE: 404,
  ERR_OPERATOR_UNKNOWN: 404,
  ERR_OUTBOUND_FAILED: 502,
  ERR_OUTBOUND_REFUSED: 400,
  ERR_OUTBOUND_TIMEOUT: 504,
  ERR_OUTBOUND_TOO_LARGE: 502,
  ERR_OUTBOUND_URL: 400,
  ERR_POLICY_UNKNOWN: 404,
  ERR_PORT_IN_USE: 500,
  ERR_PRECONDITION: 412,
  ERR_PRECONDITION_REQUIRED: 428,
  ERR_PUBLIC_KEY_REQUIRED: 409,
  ERR_PUSH_ID_MISMATCH: 400,
  ERR_PUSH_IN_FUTURE: 400,
  ERR_PUSH_JTI: 409,
  ERR_PUSH_OLDER: 409,
  ERR_PUSH_OPERATOR: 403,
  ERR_PUSH_PENDING_FULL: 409,
  ERR_PUSH_PRECONDITION: 412,
  ERR_PUSH_PRECONDITION_SYNTAX: 400,
  ERR_PUSH_REVOCATION_DROPPED: 409,
  ERR_RATE_LIMITED: 429,
  ERR_REMOTE_KEY: 400,
  ERR_RENEWAL_POLICY: 400,
  ERR_RENEWAL_POLICY_UNKNOWN: 404,
  ERR_REQUEST_INVALID: 400,
  ERR_REQUEST_TIMEOUT: 408,
  ERR_REVOCATION_UNKNOWN: 404,
  ERR_ROLE_UNKNOWN: 409,
  ERR_ROUTE_UNKNOWN: 404,
  ERR_SEALED_KEY: 500,
  ERR_SESSION_CHALLENGE: 401,
  ERR_SESSION_KEY: 401,
  ERR_SETTING_INVALID: 500,
  ERR_SIGNER_REMOTE: 503,
  ERR_SIGNING_KEY_ABSENT: 409,
  ERR_SIGNING_KEY_EXISTS: 409,
  ERR_SIGNING_KEY_IN_USE: 409,
  ERR_SIGNING_KEY_UNKNOWN: 404,
  ERR_SIGN_ELSEWHERE: 409,
  ERR_SYSTEM_ACCOUNT_MISSING: 409,
  ERR_TLS: 500,
  ERR_TOKEN_SCOPE: 400,
  ERR_TOKEN_UNKNOWN: 404,
  ERR_TRACING_OFF: 404,
  ERR_USER_DISABLED: 409,
  ERR_USER_JUST_ISSUED: 409,
  ERR_ROTATION_ELSEWHERE: 409,
  ERR_USER_EXISTS: 409,
  ERR_USER_NAME_TAKEN: 409,
  ERR_USER_NOT_DISABLED: 409,
  ERR_USER_REVOKED: 409,
  ERR_USER_UNKNOWN: 404,
  ERR_VAULT_KEY_NAME: 400,
  ERR_VAULT_SETTINGS: 500,
  ERR_WEBHOOKS_FULL: 409,
  ERR_WEBHOOK_DELIVERY_UNKNOWN: 404,
  ERR_WEBHOOK_DISABLED: 409,
  ERR_WEBHOOK_SCOPE: 400,
  ERR_WEBHOOK_UNKNOWN: 404,
};
/** Whose details an answer holds: they are made to be read by whoever asked. */
const SHOWN: ReadonlySet<string> = new Set<ServiceErrorCode>(['ERR_IDEMPOTENCY_DONE', 'ERR_SIGN_ELSEWHERE']);
const CLAIMS_STATUS: Record<string, number> = { ERR_ACCOUNT_UNTRUSTED: 403 };
const FRAMEWORK_CODES: Record<string, ServiceErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'ERR_CONTENT_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'ERR_BODY_INVALID',
};

/** What a caller is told of an error. Of an unforeseen one: nothing but that it happened. */
export function problemOf(error: unknown, instance: string): Problem {
  if (isNatsctlError(error)) return ofOurs(error, instance);
  if (isLibsqlFailure(error)) return ofOurs(unavailable(error), instance);
  const framework = error as Partial<FastifyError>;
  const status = framework.statusCode ?? 500;
  if (!(error instanceof Error) || status >= 500) {
    return problem(500, 'ERR_INTERNAL', 'the service failed; its log says why', { instance });
  }
  if (framework.validation) {
    const errors = framework.validation.flatMap(pointed);
    const where = framework.validationContext ?? 'request';
    return problem(400, 'ERR_REQUEST_INVALID', `the ${where} is not as this route takes it`, { errors, instance });
  }
  const code = FRAMEWORK_CODES[framework.code ?? ''] ?? 'ERR_REQUEST_INVALID';
  return problem(status, code, error.message, { ...wholeOf(status, error.message), instance });
}

/** What is missing is pointed at where it should be. */
function pointed({ keyword, instancePath, message = 'is not valid', params }: FastifySchemaValidationError) {
  const { requiredProperties } = params as { requiredProperties?: string[] };
  if (keyword !== 'required' || !requiredProperties) return [{ pointer: instancePath, message }];
  return requiredProperties.map((name) => ({ pointer: `${instancePath}/${name}`, message: 'is missing' }));
}

/** Every 400 says where to look; where nothing smaller is to blame, it is the whole of what was sent (RFC 6901: the empty pointer). */
function wholeOf(status: number, message: string): Pick<Problem, 'errors'> {
  return status === 400 ? { errors: [{ pointer: '', message }] } : {};
}

function ofOurs(error: NatsctlError, instance: string): Problem {
  const status = STATUS[error.code as ServiceErrorCode] ?? CLAIMS_STATUS[error.code] ?? 400;
  const { hint, details } = error;
  // Claims that cannot be read have one fault, and `path` says where.
  const unread = error.code === 'ERR_JWT_CLAIMS' && typeof details.path === 'string' ? details.path : null;
  const first = unread === null ? undefined : [{ path: unread, message: error.message }];
  const issues = Array.isArray(details.issues) ? (details.issues as Issue[]) : first;
  const where = issues
    ? { errors: issues.map(({ path, message }) => ({ pointer: path, message })) }
    : wholeOf(status, error.message);
  const shown = SHOWN.has(error.code) && { details };
  return problem(status, error.code, error.message, { ...(hint && { hint }), ...where, ...shown, instance });
}

function problem(status: number, code: string, detail: string, more: Partial<Problem>): Problem {
  return { type: `urn:natsctl:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...more };
}

/** For clients that show an answer as it comes (nsc, curl): what is wrong and what to do in the first line, then the code. */
export function problemText({ code, detail, hint }: Problem): string {
  return `${printable(hint ? `${detail}; ${hint}` : detail)}\n${code}\n`;
}

/** Names come from outside: a line stays one line, and no terminal is told what to do. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
