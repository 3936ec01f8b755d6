import { judgeImport, subjectsOf } from '../../claims/explain/import.js';
import type { Realm } from '../../claims/explain/realm.js';
import { lintAccount } from '../../claims/lint/account.js';
import { isSubset } from '../../claims/subject/match.js';
import { validate } from '../../claims/validate/validate.js';
import type { AccountEntry, Snapshot } from '../store/snapshot.js';
import type { Findings, Subject } from './finding.js';

const ACTIVATION_TIMES = ['ERR_ACTIVATION_EXPIRED', 'ERR_ACTIVATION_NOT_YET_VALID'];

/** The operator, and what holds between it and its accounts. */
export function checkOperatorEntry(snapshot: Snapshot, now: number, findings: Findings): void {
  const { operator } = snapshot;
  if (operator === null) return;
  const { claims } = operator.jwt;
  const at: Subject = { kind: 'operator', entity: operator.name };
  findings.addIssues(at, validate(claims, now));
  const key = claims.nats.system_account;
  const system = snapshot.accounts.find(({ jwt }) => jwt.claims.sub === key);
  if (key === undefined) {
    findings.add(
      'ERR_SYSTEM_ACCOUNT_MISSING',
      at,
      'it names no system account: pushing over NATS and server events need one',
      'natsctl operator edit --system-account NAME',
      '/nats/system_account',
    );
  } else if (system === undefined) {
    findings.add(
      'ERR_SYSTEM_ACCOUNT_MISSING',
      at,
      `its system account ${key} is not in this store`,
      `natsctl pull ${key}`,
      '/nats/system_account',
    );
  } else if (hasJetStream(system)) {
    findings.add(
      'ERR_SYSTEM_ACCOUNT_JETSTREAM',
      { kind: 'account', entity: system.name },
      'it is the system account, which may not have JetStream: servers do not start with it',
      `natsctl account edit ${system.name} --js-disable`,
      '/nats/limits',
    );
  }
  if (claims.nats.signing_keys.length === 0) {
    findings.add(
      'ERR_WEAK_IDENTITY_KEY',
      at,
      'it has no signing key, so its identity key, which cannot be replaced, signs every account',
      'natsctl operator edit --sk generate',
      '/nats/signing_keys',
    );
  }
}

export function checkAccountEntry(account: AccountEntry, snapshot: Snapshot, realm: Realm, findings: Findings): void {
  const { claims } = account.jwt;
  const at: Subject = { kind: 'account', entity: account.name };
  findings.addIssues(at, validate(claims, realm.now));
  checkIssuer(account, snapshot, realm, findings, at);
  if (claims.name !== undefined && claims.name !== account.name) {
    findings.add(
      'ERR_ACCOUNT_NAME_DIFFERS',
      at,
      `its JWT calls it ${JSON.stringify(claims.name)}`,
      'nothing, if that is meant',
      '/name',
    );
  }
  const twin = snapshot.accounts.find((other) => other !== account && other.jwt.claims.sub === claims.sub);
  if (twin !== undefined) {
    findings.add(
      'ERR_ACCOUNT_KEY_TWICE',
      at,
      `${twin.name} is the same account (${claims.sub}) under another name`,
      'delete one of the two from the store',
      '/sub',
    );
  }
  checkImports(account, realm, findings, at);
  const strict = snapshot.operator?.jwt.claims.nats.strict_signing_key_usage === true;
  findings.addLints(at, lintAccount(claims, { strict }));
}

function checkIssuer(
  account: AccountEntry,
  { operator }: Snapshot,
  realm: Realm,
  findings: Findings,
  at: Subject,
): void {
  if (operator === null) return;
  const { claims } = account.jwt;
  const own = operator.jwt.claims;
  const again = `natsctl account edit ${account.name} --private-key KEY, with a signing key of the operator`;
  if (!realm.trusted.keys.has(claims.iss)) {
    const why =
      claims.iss === own.sub
        ? 'it is signed by the identity key of the operator, which demands signing keys'
        : claims.iss === claims.sub
          ? 'it is self-signed: no server takes it before the operator has signed it'
          : `it is signed by ${claims.iss}, which is no key of the operator`;
    findings.add('ERR_ACCOUNT_UNTRUSTED', at, why, again, '/iss');
  } else if (claims.iss === own.sub && own.nats.signing_keys.length > 0) {
    findings.add(
      'ERR_WEAK_IDENTITY_KEY',
      at,
      'it is signed by the identity key of the operator, though that has signing keys',
      again,
      '/iss',
    );
  }
}

function checkImports(account: AccountEntry, realm: Realm, findings: Findings, at: Subject): void {
  const { claims } = account.jwt;
  for (const [index, claim] of claims.nats.imports.entries()) {
    const verdict = judgeImport(claims, claim, realm);
    if (verdict.works) continue;
    const { error, unknown } = verdict;
    const path = `/nats/imports/${index}`;
    const hint = error.hint ?? 'correct the import, or have it exported';
    const named = `the import of the ${claim.type} ${JSON.stringify(claim.subject)}`;
    if (unknown) {
      const message = `${named} is from ${claim.account}, which is not in this store, so it cannot be checked`;
      findings.add('ERR_IMPORT_EXPORTER_UNKNOWN', at, message, `natsctl pull ${claim.account}, if it is yours`, path);
    } else if (ACTIVATION_TIMES.includes(error.code)) {
      findings.add('ERR_IMPORT_ACTIVATION_TIME', at, error.message, hint, `${path}/token`);
    } else if (error.code.startsWith('ERR_ACTIVATION_')) {
      findings.add('ERR_IMPORT_ACTIVATION', at, error.message, hint, `${path}/token`);
    } else if (error.code === 'ERR_IMPORT_CYCLE' || error.code === 'ERR_IMPORT_DUPLICATE') {
      findings.add(error.code, at, error.message, hint, path);
    } else if (error.code === 'ERR_IMPORT_NOT_EXPORTED') {
      findings.add('ERR_IMPORT_NOT_EXPORTED', at, error.message, hint, path);
    } else if (error.code.startsWith('ERR_ACCOUNT_')) {
      const message = `${named} does not work: ${error.message}`;
      findings.add('ERR_IMPORT_EXPORTER_INVALID', at, message, 'repair the exporting account first', path);
    }
    // What is left are subjects that cannot be read, which the rules of the claims have named already.
  }
}

/** Exports that no account here imports. The system account's are for whoever may need them. */
export function checkUnusedExports(snapshot: Snapshot, entities: ReadonlySet<string>, findings: Findings): void {
  const system = snapshot.operator?.jwt.claims.nats.system_account;
  const wanted = new Map<string, { type: string; remote: string }[]>();
  for (const { jwt } of snapshot.accounts) {
    for (const claim of jwt.claims.nats.imports) {
      const remote = subjectsOf(claim)?.remote;
      if (remote === undefined) continue;
      wanted.set(claim.account, [...(wanted.get(claim.account) ?? []), { type: claim.type, remote }]);
    }
  }
  for (const { name, jwt } of snapshot.accounts) {
    if (!entities.has(name) || jwt.claims.sub === system) continue;
    for (const [index, each] of jwt.claims.nats.exports.entries()) {
      const used = wanted
        .get(jwt.claims.sub)
        ?.some(({ type, remote }) => type === each.type && isSubset(remote, each.subject));
      if (used) continue;
      findings.add(
        'ERR_EXPORT_UNUSED',
        { kind: 'account', entity: name },
        `no account of this store imports its ${each.type} ${JSON.stringify(each.subject)}`,
        'nothing, if others do; else delete the export',
        `/nats/exports/${index}`,
      );
    }
  }
}

function hasJetStream({ jwt }: AccountEntry): boolean {
  const { mem_storage, disk_storage, tiered_limits } = jwt.claims.nats.limits;
  return mem_storage !== 0 || disk_storage !== 0 || tiered_limits.size > 0;
}
