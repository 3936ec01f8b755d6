import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { importTransform } from '../../claims/mapping/import-transform.js';
import type { Transform } from '../../claims/subject/transform.js';
import { allowingExport } from '../../claims/trust/export.js';
import type { Import } from '../../claims/types.js';
import { codeOf, type Logger } from '../log.js';
import { fromWire, toWire } from '../protocol/text.js';
import { latencyOf } from '../routing/latency.js';
import { atTime } from '../timer.js';
import type { Account } from './account.js';
import { isApproved } from './configured.js';
import { refuseCycle } from './cycles.js';
import type { ServiceImport, StreamImport } from './imports.js';
import { withSystemExports } from './system-services.js';

/**
 * Builds the imports of an account anew from its claims, as far as the exporting accounts are known and agree. An import
 * that cannot be had is left out and logged: the account stays usable, and `incomplete` has it linked again when an
 * account it names is loaded or changes.
 */
export function linkImports(
  account: Account,
  known: (id: string) => Account | undefined,
  now: number,
  log: Logger,
): void {
  unlinkImports(account);
  account.incomplete = false;
  for (const claim of account.verified.claims.nats.imports) {
    const exporter = known(claim.account);
    if (exporter === undefined) {
      account.incomplete = true;
      continue;
    }
    try {
      linkImport(account, exporter, claim, now);
    } catch (error) {
      account.incomplete = true;
      log.warn(
        { code: codeOf(error), account: account.id, exporter: exporter.id, subject: claim.subject, kind: claim.type },
        'import left out',
      );
    }
  }
  account.routesChanged();
}

/** Takes all imports of an account out of use. */
export function unlinkImports(account: Account): void {
  // While they are still listed: it finds by them whose routes lead here.
  account.routesChanged();
  for (const each of [...account.streamImports, ...account.serviceImports]) {
    each.active = false;
    each.cancelExpiry();
  }
  for (const each of account.streamImports) each.exporter.streamImporters.delete(account);
  account.streamImports = [];
  account.serviceImports = [];
}

function linkImport(importer: Account, exporter: Account, claim: Import, now: number): void {
  const subjects = importTransform(claim);
  const allowed = allowingExport(withSystemExports(exporter), importer.id, claim, subjects.remote, now);
  if (!isApproved(exporter.verified, allowed, importer.id)) {
    throw new NatsctlError('ERR_IMPORT_NOT_EXPORTED', `account ${exporter.id} exports it to other accounts only`);
  }
  const remote = toWire(subjects.remote);
  const local = toWire(subjects.local);
  refuseDuplicate(importer, exporter, claim, remote, local);
  refuseCycle(importer, claim.type, local, exporter, remote);
  const base = { claim, importer, exporter, active: true, cancelExpiry: () => {}, remote, local };
  let made: StreamImport | ServiceImport;
  if (claim.type === 'stream') {
    made = { ...base, kind: 'stream', toLocal: onWire(subjects.toLocal), toRemote: onWire(subjects.toRemote) };
    importer.streamImports.push(made);
    exporter.streamImporters.add(importer);
  } else {
    const latency = latencyOf(exporter, allowed);
    made = { ...base, kind: 'service', export: allowed, latency, toRemote: onWire(subjects.toRemote) };
    importer.serviceImports.push(made);
  }
  if (allowed.token_req === true && claim.token) {
    const { exp } = decodeAs('activation', claim.token).claims;
    if (exp) made.cancelExpiry = atTime(exp, () => expire(made));
  }
}

function expire(each: StreamImport | ServiceImport): void {
  each.active = false;
  each.importer.routesChanged();
}

/** Transforms speak Unicode, subjects here are bytes; for ASCII there is nothing to do. */
function onWire(transform: Transform): (subject: string) => string | null {
  return (subject) => {
    const result = transform.apply(fromWire(subject));
    return result === null ? null : toWire(result);
  };
}

function refuseDuplicate(importer: Account, exporter: Account, claim: Import, remote: string, local: string): void {
  const twice =
    claim.type === 'stream'
      ? importer.streamImports.some((each) => each.exporter === exporter && each.remote === remote)
      : importer.serviceImports.some((each) => each.exporter === exporter && each.local === local);
  if (!twice) return;
  throw new NatsctlError('ERR_IMPORT_DUPLICATE', `the ${claim.type} "${claim.subject}" is imported twice`);
}
