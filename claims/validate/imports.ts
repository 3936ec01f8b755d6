import { isNatsctlError } from '../errors.js';
import { decodeAs } from '../jwt/decode.js';
import { isPublicKey } from '../keys/nkey.js';
import { importTransform } from '../mapping/import-transform.js';
import { isSubset } from '../subject/match.js';
import { checkSubject, tokenize } from '../subject/subject.js';
import type { ActivationClaims, Import } from '../types.js';
import { type IssuePath, quote, type Report } from './issues.js';

export function checkImports(imports: readonly Import[], importer: string, now: number, report: Report): void {
  for (const [index, item] of imports.entries()) checkImport(item, importer, now, ['nats', 'imports', index], report);
  checkOverlaps(imports, report);
}

function checkImport(item: Import, importer: string, now: number, at: IssuePath, report: Report): void {
  const named = `the import of ${quote(item.subject)}`;
  if (item.type !== 'stream' && item.type !== 'service')
    report('ERR_IMPORT_TYPE', [...at, 'type'], `${named} is neither stream nor service`);
  if (item.type === 'service' && item.allow_trace) {
    report(
      'ERR_IMPORT_SERVICE_TRACE',
      [...at, 'allow_trace'],
      `${named} is a service: only streams let traces through here`,
    );
  }
  if (item.type !== 'service' && item.share) {
    report(
      'ERR_IMPORT_STREAM_SHARE',
      [...at, 'share'],
      `${named} is no service, with which alone information is shared`,
    );
  }
  if (!isPublicKey(item.account, 'account')) {
    report(
      'ERR_IMPORT_ACCOUNT',
      [...at, 'account'],
      `${named} does not name the account it comes from by its public key`,
    );
  }
  checkSubjects(item, named, at, report);
  if (item.token !== undefined) checkToken(item, item.token, importer, now, named, at, report);
}

function checkSubjects(item: Import, named: string, at: IssuePath, report: Report): void {
  const fault = checkSubject(item.subject);
  if (fault !== null) report('ERR_IMPORT_SUBJECT', [...at, 'subject'], `${named} is not usable: ${fault}`);
  if (item.to !== undefined) {
    report(
      'ERR_IMPORT_TO_DEPRECATED',
      [...at, 'to'],
      `${named} uses the deprecated "to"; "local_subject" has taken its place`,
    );
  }
  if (item.local_subject !== undefined && item.to !== undefined) {
    report('ERR_IMPORT_LOCAL_AND_TO', [...at, 'local_subject'], `${named} has both "local_subject" and "to"`);
  }
  const local = item.local_subject === undefined ? null : localSubjectFault(item.local_subject, item.subject);
  if (local !== null) {
    report(
      'ERR_IMPORT_LOCAL_SUBJECT',
      [...at, 'local_subject'],
      `${named} has the local subject ${quote(item.local_subject)}, which is not usable: ${local}`,
    );
  }
  if (fault !== null || local !== null) return;
  try {
    importTransform(item);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    report(
      'ERR_IMPORT_TRANSFORM',
      [...at, item.to === undefined ? 'local_subject' : 'to'],
      `${named} cannot be renamed: ${error.message}`,
    );
  }
}

/** Wildcards of the exporter's subject are used once each, as `*` or `$n`, and `>` ends both or none. */
function localSubjectFault(local: string, subject: string): string | null {
  const fault = checkSubject(local);
  if (fault !== null) return fault;
  if (endsOpen(local) !== endsOpen(subject)) return '">" must end both or neither';
  const wildcards = tokenize(subject).filter((token) => token === '*').length;
  let used = 0;
  for (const token of tokenize(local)) {
    const reference = /^\$[0-9]+$/.test(token) ? Number(token.slice(1)) : null;
    if (reference !== null && reference > wildcards) return `${token} refers to a "*" that the subject does not have`;
    if (token === '*' || reference !== null) used++;
  }
  return used === wildcards ? null : `it uses ${used} of the subject's ${wildcards} "*"`;
}

function endsOpen(subject: string): boolean {
  return subject === '>' || subject.endsWith('.>');
}

/** The same bindings that `verifyActivation` enforces, as far as this account alone can tell. */
function checkToken(
  item: Import,
  token: string,
  importer: string,
  now: number,
  named: string,
  at: IssuePath,
  report: Report,
): void {
  const path = [...at, 'token'];
  let claims: ActivationClaims;
  try {
    claims = decodeAs('activation', token).claims;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    report('ERR_IMPORT_TOKEN', path, `the activation token of ${named} is not usable: ${error.message}`);
    return;
  }
  const { nats } = claims;
  const fault = checkSubject(nats.subject);
  if (fault !== null)
    report('ERR_IMPORT_TOKEN', path, `the activation token of ${named} is for ${quote(nats.subject)}: ${fault}`);
  if (nats.issuer_account !== undefined && !isPublicKey(nats.issuer_account, 'account')) {
    report(
      'ERR_IMPORT_TOKEN',
      path,
      `the issuer account of the activation token of ${named} is not an account public key`,
    );
  }
  if ((nats.issuer_account ?? claims.iss) !== item.account) {
    report('ERR_IMPORT_TOKEN_ACCOUNT', path, `the activation token of ${named} is not of the account it comes from`);
  }
  if (claims.sub !== importer)
    report('ERR_IMPORT_TOKEN_IMPORTER', path, `the activation token of ${named} is for another account, ${claims.sub}`);
  if (nats.kind !== item.type)
    report(
      'ERR_IMPORT_TOKEN_TYPE',
      path,
      `the activation token of ${named} is for a ${nats.kind}, not for a ${item.type}`,
    );
  const remote = item.type === 'service' && item.to ? item.to : item.subject;
  if (remote !== nats.subject && !isSubset(remote, nats.subject)) {
    report(
      'ERR_IMPORT_TOKEN_SUBJECT',
      path,
      `the activation token of ${named} is for ${quote(nats.subject)}, which does not cover it`,
    );
  }
  if ((claims.exp !== undefined && claims.exp <= now) || (claims.nbf !== undefined && claims.nbf > now)) {
    report('ERR_IMPORT_TOKEN_TIME', path, `the activation token of ${named} is expired or not yet valid`);
  }
}

/** Services of one account under overlapping names here: which one a request reaches would be chance. */
function checkOverlaps(imports: readonly Import[], report: Report): void {
  const seen = new Map<string, string[]>();
  for (const [index, item] of imports.entries()) {
    if (item.type !== 'service') continue;
    const local = item.to ?? withoutReferences(item.local_subject ?? item.subject);
    const others = seen.get(item.account) ?? [];
    seen.set(item.account, others);
    const other = others.find((subject) => contains(subject, local) || contains(local, subject));
    if (other !== undefined) {
      report(
        'ERR_IMPORT_OVERLAP',
        ['nats', 'imports', index, 'subject'],
        `the services ${quote(local)} and ${quote(other)} of account ${item.account} overlap here`,
      );
    }
    others.push(local);
  }
}

function contains(outer: string, inner: string): boolean {
  return outer === inner || isSubset(inner, outer);
}

function withoutReferences(subject: string): string {
  return tokenize(subject)
    .map((token) => (/^\$[0-9]+$/.test(token) ? '*' : token))
    .join('.');
}
