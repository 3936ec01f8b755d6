import type { VerifiedAccount } from '../../claims/trust/account.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { Export } from '../../claims/types.js';
import type { Account } from './account.js';
import type { ServiceImport } from './imports.js';

/**
 * What the system account exports without its claims saying so, and what every account has from it without importing it
 * (nats-server events.go `addSystemAccountExports`, `registerSystemImports`).
 */
const CONNZ = automatic('$SYS.REQ.ACCOUNT.*.CONNZ', { response_type: 'Stream', account_token_position: 4 });
const STATZ = automatic('$SYS.REQ.ACCOUNT.*.STATZ', { response_type: 'Stream', account_token_position: 4 });
const SUBSCRIBERS = automatic('$SYS.DEBUG.SUBSCRIBERS');
const EXPORTS: readonly Export[] = [CONNZ, STATZ, SUBSCRIBERS];

/** What an account asks under the subject on the left is asked under its own id on the right. */
const IMPORTS: ReadonlyMap<string, { readonly kind: string; readonly export: Export }> = new Map([
  ['$SYS.REQ.ACCOUNT.PING.CONNZ', { kind: 'CONNZ', export: CONNZ }],
  ['$SYS.REQ.SERVER.PING.CONNZ', { kind: 'CONNZ', export: CONNZ }],
  ['$SYS.REQ.ACCOUNT.PING.STATZ', { kind: 'STATZ', export: STATZ }],
]);

function automatic(subject: string, more: Partial<Export> = {}): Export {
  return { subject, type: 'service', revocations: new Map(), ...more };
}

/** The account as an exporter: what its claims say of a subject goes before what is automatic. */
export function withSystemExports({ verified, isSystem }: Account): VerifiedAccount {
  if (!isSystem) return verified;
  const { claims } = verified;
  const { exports } = claims.nats;
  const missing = EXPORTS.filter(({ subject }) => decidingExport(exports, 'service', subject) === null);
  return { ...verified, claims: { ...claims, nats: { ...claims.nats, exports: [...exports, ...missing] } } };
}

export function isSystemService(subject: string): boolean {
  return IMPORTS.has(subject);
}

/**
 * The import that `subject` has by itself in `account`, made when it is asked for: accounts are many, and those who ask few.
 * It needs nobody's leave, as it leads to what is the account's own; one that the claims have in its place goes before it.
 */
export function systemImport(account: Account, subject: string): ServiceImport | null {
  const found = IMPORTS.get(subject);
  const system = account.system();
  if (found === undefined || system === undefined || system === account) return null;
  if (account.serviceImports.some(({ exporter, local }) => exporter === system && local === subject)) return null;
  const remote = `$SYS.REQ.ACCOUNT.${account.id}.${found.kind}`;
  return {
    kind: 'service',
    claim: { account: system.id, subject: remote, local_subject: subject, type: 'service' },
    importer: account,
    exporter: system,
    active: true,
    cancelExpiry: () => {},
    local: subject,
    remote,
    export: found.export,
    latency: null,
    toRemote: () => remote,
  };
}
