/** Puts the token of an approved request into the importing account's import. */
import { isDeepStrictEqual } from 'node:util';
import { isNatsctlError } from '../../claims/errors.js';
import { isSubset } from '../../claims/subject/match.js';
import type { AccountClaims, ExportType, Import } from '../../claims/types.js';
import type { ActivationRequest } from '../../prisma/generated/client.js';
import { editClaims } from '../accounts/edit-claims.js';
import { findAccount } from '../accounts/find-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { withRest } from '../custody/sign-elsewhere.js';
import type { Service } from '../service.js';
import { remoteSubject } from '../sharing/share-id.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { auditRequest, decided, findRequest, sendAgain, statusOf } from './requests.js';

export interface Attachment {
  /** Whether the importer's JWT has the token now. Absent where the importer did not ask for it. */
  attached?: boolean;
  /** Code of what was in the way. */
  notAttached?: string;
}

/** As the importer asks for it: from now on its import also gets the token of each renewal. */
export async function attachActivation(
  service: Service,
  importerId: string,
  id: string,
  actor: Actor,
): Promise<ActivationRequest> {
  return change(service, actor, async (tx) => {
    const importer = await findAccount(tx, importerId);
    const row = await findRequest(tx, importer, id);
    const status = statusOf(row, service.now());
    if (row.importerKey !== importer.key || status !== 'approved') throw decided(row, status);
    const again = sendAgain(importer.key, row.id, 'attach');
    const changed = await withRest(again, () => putToken(service, tx, row, actor));
    const at = service.now();
    if (!changed) await auditRequest(tx, row, { at, actor, action: 'activation.attach', account: importer.key });
    return tx.activationRequest.update({ where: { id: row.id }, data: { attach: true } });
  });
}

/**
 * What the importer asked for when it made the request. The exporter's decision holds also where it cannot be done, and who
 * decides learns nothing of the importer's claims, also where it is only tried.
 */
export async function attachWanted(
  service: Service,
  tx: Queries,
  row: ActivationRequest,
  actor: Actor,
): Promise<Attachment> {
  if (!row.attach) return {};
  try {
    await putToken(service, tx, row, typeof actor === 'string' ? actor : withoutRehearsal(actor));
    return { attached: true };
  } catch (error) {
    // Everything that is refused is refused before anything is written (editClaims).
    if (!isNatsctlError(error)) throw error;
    return { attached: false, notAttached: error.code };
  }
}

/** @returns whether the importer's claims are others now */
async function putToken(service: Service, tx: Queries, row: ActivationRequest, actor: Actor): Promise<boolean> {
  const { claims } = readStored('account', await findAccount(tx, row.importerKey));
  // As where it was signed elsewhere, and pushed.
  if (isDeepStrictEqual(withToken(claims, row), claims)) return false;
  const detail = { activation: row.id };
  await editClaims(service, tx, { account: row.importerKey, actor, detail, edit: (before) => withToken(before, row) });
  return true;
}

/** Into imports of the requested subject, and of parts of it that have no token; where there is none, into a new one. */
function withToken(claims: AccountClaims, row: ActivationRequest): AccountClaims {
  const { exporterKey, subject, jwt, localSubject } = row;
  const type = row.type as ExportType;
  const token = jwt as string;
  let found = false;
  const imports = claims.nats.imports.map((one): Import => {
    if (one.account !== exporterKey || one.type !== type) return one;
    const remote = remoteSubject(one);
    if (remote !== subject && (one.token !== undefined || !isSubset(remote, subject))) return one;
    found = true;
    return { ...one, token };
  });
  if (!found) {
    const local = localSubject === null ? {} : { local_subject: localSubject };
    imports.push({ name: subject, subject, account: exporterKey, type, token, ...local });
  }
  return { ...claims, nats: { ...claims.nats, imports } };
}

function withoutRehearsal({ rehearsal: _tried, ...origin }: Exclude<Actor, string>): Actor {
  return origin;
}
