/**
 * Requests of an account for what another one exports privately. Who may not read the exporter gets the same answer whatever is
 * there: the request is taken, and its exporter, if it is one of the same operator, sees it.
 */
import { randomUUID } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { checkSubject } from '../../claims/subject/subject.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { ExportType } from '../../claims/types.js';
import type { Account, ActivationRequest } from '../../prisma/generated/client.js';
import { accountUnknown, findAccount } from '../accounts/find-account.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import { type Actor, type AuditRecord, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { Send } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { notAsked } from './keep-activation.js';

export interface NewRequest {
  exporter: string;
  type: ExportType;
  subject: string;
  note?: string;
  attach?: boolean;
  local_subject?: string;
}

export type RequestStatus = 'pending' | 'approved' | 'rejected' | 'revoked' | 'expired';

/** Of one importing account, so that none fills the database. */
const MAX_PER_IMPORTER = 500;

/**
 * @param mayRead whether the caller may read an account of the operator: only then he is told at once what is wrong with the request
 */
export async function requestActivation(
  service: Service,
  importerId: string,
  wanted: NewRequest,
  mayRead: (account: string, operator: string) => boolean,
  actor: Actor,
): Promise<ActivationRequest> {
  return change(service, actor, async (tx) => {
    const importer = await findAccount(tx, importerId);
    const exporterKey = decodePublicKey(wanted.exporter, 'account').text;
    refuseUnfit(wanted, exporterKey, importer.key);
    if (mayRead(exporterKey, importer.operatorKey)) await refuseUnfounded(tx, importer, exporterKey, wanted);
    const row = await openRequest(service, tx, importer, { ...wanted, exporter: exporterKey });
    await auditRequest(tx, row, { at: service.now(), actor, action: 'activation.request', account: importer.key });
    return row;
  });
}

/** The row of a request, new or opened again. */
export async function openRequest(
  { now }: Service,
  tx: Queries,
  { key: importerKey, operatorKey }: Account,
  { exporter: exporterKey, type, subject, note = '', attach = false, local_subject: localSubject = null }: Opening,
): Promise<ActivationRequest> {
  const named = { importerKey, exporterKey, type, subject };
  const where = { importerKey_exporterKey_type_subject: named };
  const known = await tx.activationRequest.findUnique({ where });
  const status = known && statusOf(known, now());
  if (known && (status === 'pending' || status === 'approved')) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_ACTIVATION_REQUESTED',
      `this was requested already, and is ${status} (${known.id})`,
      { hint: status === 'approved' ? 'attach its token to the import' : 'wait, or withdraw it' },
    );
  }
  if (!known && (await tx.activationRequest.count({ where: { importerKey } })) >= MAX_PER_IMPORTER) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_ACTIVATION_REQUESTS_FULL',
      `account ${importerKey} has ${MAX_PER_IMPORTER} requests here already`,
      { hint: 'withdraw those that are of no use any more' },
    );
  }
  const asked = { note, attach, localSubject, status: 'pending', reason: '', requestedAt: BigInt(now()) };
  const undecided = { lifetime: null, renew: false, jwt: null, exp: null, decidedAt: null };
  return tx.activationRequest.upsert({
    where,
    create: { id: randomUUID(), operatorKey, ...named, ...asked },
    // What was revoked stays revoked, and a next token is later than every one before.
    update: { operatorKey, ...asked, ...undecided },
  });
}
type Opening = Omit<NewRequest, 'local_subject'> & { local_subject?: string | null };

/** Takes a request back that gives nothing; one that was revoked is kept, since it says what must stay void. */
export async function withdrawRequest(service: Service, importerId: string, id: string, actor: Actor): Promise<void> {
  await change(service, actor, async (tx) => {
    const importer = await findAccount(tx, importerId);
    const row = await findRequest(tx, importer, id);
    if (row.importerKey !== importer.key) throw requestUnknown(id);
    const status = statusOf(row, service.now());
    if (status === 'approved' || status === 'revoked') throw decided(row, status);
    const where = { id: row.id };
    if (row.revokedAt === null) await tx.activationRequest.delete({ where });
    else await tx.activationRequest.update({ where, data: { status: 'revoked' } });
    await auditRequest(tx, row, { at: service.now(), actor, action: 'activation.withdraw', account: importer.key });
  });
}

/** A request that the account made, or that was made to it. */
export async function findRequest(tx: Queries, account: Account, id: string): Promise<ActivationRequest> {
  const row = await tx.activationRequest.findFirst({ where: { id, ...ofAccount(account) } });
  if (!row) throw requestUnknown(id);
  return row;
}

/** As `findRequest`, where the account is the one that is asked. */
export async function findRequestTo(tx: Queries, exporter: Account, id: string): Promise<ActivationRequest> {
  const row = await findRequest(tx, exporter, id);
  if (row.exporterKey !== exporter.key) throw requestUnknown(id);
  return row;
}

/** What an account sees: its own requests, and those of accounts of its operator to it. */
export function ofAccount({ key, operatorKey }: Account) {
  return { operatorKey, OR: [{ importerKey: key }, { exporterKey: key }] };
}

export function statusOf({ status, exp }: Pick<ActivationRequest, 'status' | 'exp'>, now: number): RequestStatus {
  // From the second of its expiry on (claims/trust/activation.ts).
  if (status === 'approved' && exp !== null && Number(exp) <= now) return 'expired';
  return status as RequestStatus;
}

/** The rows of a status, as `statusOf` says it. */
export function withStatus(status: RequestStatus, now: number) {
  if (status === 'expired') return { status: 'approved', exp: { lte: BigInt(now) } };
  if (status === 'approved') return { status, AND: { OR: [{ exp: null }, { exp: { gt: BigInt(now) } }] } };
  return { status };
}

export async function auditRequest(
  tx: Queries,
  row: ActivationRequest,
  record: Pick<AuditRecord, 'at' | 'actor' | 'action' | 'account'> & { detail?: Record<string, unknown> },
): Promise<void> {
  const { id, operatorKey, importerKey, exporterKey, type, subject } = row;
  const detail = { ...record.detail, importer: importerKey, exporter: exporterKey, type, subject };
  await recordAudit(tx, { ...record, entity: id, operator: operatorKey, detail });
}

/** What is left to do where it is signed elsewhere, once the JWT was pushed. */
export function sendAgain(account: string, id: string, verb: string, body: Record<string, unknown> = {}): Send {
  const url = `/api/v1/accounts/${account}/activation-requests/${id}/${verb}`;
  return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body };
}

export function decided({ id }: ActivationRequest, status: RequestStatus): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_ACTIVATION_DECIDED', `the request ${id} is ${status}`, {
    hint: 'read it again; what is rejected, revoked or expired can be requested anew',
  });
}

function requestUnknown(id: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_ACTIVATION_REQUEST_UNKNOWN', `there is no activation request ${id}`);
}

function refuseUnfit({ subject, local_subject: local }: NewRequest, exporter: string, importer: string): void {
  if (exporter === importer) {
    throw new NatsctlError<ServiceErrorCode>('ERR_ACTIVATION_SELF', 'an account needs no activation of its own', {
      hint: 'name the exporting account',
    });
  }
  for (const [path, text] of Object.entries({ '/subject': subject, '/local_subject': local })) {
    const fault = text === undefined ? null : checkSubject(text);
    if (fault === null) continue;
    const message = `the subject ${JSON.stringify(text)} is not usable: ${fault}`;
    refuseInvalid([{ code: 'ERR_ACTIVATION_SUBJECT', level: 'error', path, message }]);
  }
}

async function refuseUnfounded(
  tx: Queries,
  { operatorKey }: Account,
  exporterKey: string,
  { type, subject }: NewRequest,
): Promise<void> {
  const row = await tx.account.findFirst({ where: { key: exporterKey, operatorKey } });
  if (!row) throw accountUnknown(exporterKey);
  const found = decidingExport(readStored('account', row).claims.nats.exports, type, subject);
  if (found?.token_req !== true) throw notAsked(exporterKey, { type, subject }, found !== null);
}
