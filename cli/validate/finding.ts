import type { Lint } from '../../claims/lint/lint.js';
import type { Issue } from '../../claims/validate/issues.js';

/**
 * What `validate` finds, beyond the rules of single tokens (claims/validate/issues.ts, whose codes appear here too):
 * `error` does not work, `time` comes and goes with the clock, `warning` works otherwise than someone may think,
 * `note` is worth knowing.
 */
export type FindingLevel = 'error' | 'time' | 'warning' | 'note';

export const FINDINGS = {
  ERR_TOKEN_DAMAGED: 'error',
  ERR_SYSTEM_ACCOUNT_JETSTREAM: 'error',
  ERR_SYSTEM_ACCOUNT_MISSING: 'warning',
  ERR_ACCOUNT_UNTRUSTED: 'error',
  ERR_ACCOUNT_KEY_TWICE: 'error',
  ERR_ACCOUNT_NAME_DIFFERS: 'note',
  ERR_USER_ISSUER: 'error',
  ERR_USER_KEY_TWICE: 'warning',
  ERR_USER_BEARER: 'error',
  ERR_USER_REVOKED: 'warning',
  ERR_IMPORT_NOT_EXPORTED: 'error',
  ERR_IMPORT_CYCLE: 'error',
  ERR_IMPORT_DUPLICATE: 'error',
  ERR_IMPORT_EXPORTER_INVALID: 'error',
  ERR_IMPORT_EXPORTER_UNKNOWN: 'note',
  ERR_IMPORT_ACTIVATION: 'error',
  ERR_IMPORT_ACTIVATION_TIME: 'time',
  ERR_EXPORT_UNUSED: 'note',
  ERR_PERMISSION_UNREACHABLE: 'warning',
  ERR_CONNECT_TOO_LONG: 'warning',
  ERR_LIMIT_ZERO: 'warning',
  ERR_JETSTREAM_LIMIT_ZERO: 'warning',
  ERR_STRICT_SIGNING_KEYS: 'warning',
  ERR_BEARER_DISALLOWED: 'warning',
  ERR_KEY_NOT_HELD: 'warning',
  ERR_USER_KEY_NOT_HELD: 'note',
  ERR_CREDS_STALE: 'warning',
  ERR_CREDS_ORPHANED: 'warning',
  ERR_WEAK_IDENTITY_KEY: 'warning',
  ERR_WEAK_NO_EXPIRY: 'note',
  ERR_WEAK_EVERYTHING_ALLOWED: 'warning',
  ERR_WEAK_BEARER_NO_EXPIRY: 'warning',
  ERR_WEAK_EXPORT_EVERYTHING: 'warning',
  ERR_DRIFT_NOT_PUSHED: 'note',
  ERR_DRIFT: 'warning',
} as const satisfies Record<string, FindingLevel>;

export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  level: FindingLevel;
  code: FindingCode | Issue['code'];
  kind: 'operator' | 'account' | 'user' | 'activation' | 'token';
  /** Name of the entity; of a user `account/user`. */
  entity: string;
  /** JSON pointer into its claims, empty for the whole. */
  path: string;
  message: string;
  /** What to do next. */
  hint: string;
}

export interface Subject {
  kind: Finding['kind'];
  entity: string;
}

/** The list that rules add to. */
export interface Findings {
  readonly list: Finding[];
  add(code: FindingCode, at: Subject, message: string, hint: string, path?: string): void;
  /** Issues of the claims alone. */
  addIssues(at: Subject, issues: readonly Issue[]): void;
  /** What of the claims is valid and rarely meant. */
  addLints(at: Subject, lints: readonly Lint[]): void;
}

export function collectFindings(): Findings {
  const list: Finding[] = [];
  return {
    list,
    add: (code, at, message, hint, path = '') => list.push({ level: FINDINGS[code], code, ...at, path, message, hint }),
    addLints(at, lints) {
      for (const { code, path, message, hint } of lints)
        list.push({ level: FINDINGS[code], code, ...at, path, message, hint });
    },
    addIssues(at, issues) {
      for (const { code, level, path, message } of issues) {
        list.push({ level, code, ...at, path, message, hint: hintOf(at, level, code) });
      }
    },
  };
}

/** Blocking and time issues fail the check, as with nsc. */
export function isFailing({ level }: Finding): boolean {
  return level === 'error' || level === 'time';
}

function hintOf({ kind, entity }: Subject, level: string, code: string): string {
  if (kind !== 'operator' && kind !== 'account' && kind !== 'user') return 'have it issued again';
  const [account, user] = entity.split('/');
  const what = kind === 'user' ? `user edit ${user} --account ${account}` : `${kind} edit ${entity}`;
  if (level === 'time') return `give it another time: natsctl ${what} --expiry 1y`;
  if (code.startsWith('ERR_IMPORT_TOKEN')) return 'ask the exporting account for a new activation token';
  if (code.startsWith('ERR_USER_TEMPLATE') || code === 'ERR_USER_NOT_EMPTY')
    return 'issue the user again with its role';
  return `correct it: natsctl ${what}`;
}
