/** What the exporting account says to a request, and what follows from it. */
import { isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { ExportType } from '../../claims/types.js';
import type { Account, ActivationRequest } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { withRest } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { type Attachment, attachWanted } from './attach.js';
import { storeActivation } from './keep-activation.js';
import { auditRequest, decided, findRequestTo, sendAgain, statusOf } from './requests.js';
import { signActivation, signedElsewhere, verifiedExporter } from './sign-activation.js';

export interface Terms {
  /** Seconds that each token lasts; null = as long as the exporter's own JWT. */
  lifetime: number | null;
  /** The service renews it by itself, where it is run so. */
  renew: boolean;
}

export interface Decision {
  /** The exporting account. */
  account: string;
  request: string;
  actor: Actor;
}

export type Granted = { row: ActivationRequest } & Attachment;

export async function approveRequest(
  service: Service,
  { account, request, actor }: Decision,
  terms: Terms,
): Promise<Granted> {
  return change(service, actor, async (tx) => {
    const exporter = await findAccount(tx, account);
    const row = await findRequestTo(tx, exporter, request);
    if (row.status !== 'pending') throw decided(row, statusOf(row, service.now()));
    const granted = await grant(service, tx, exporter, row, { ...terms, actor, action: 'activation.approve' });
    return { row: granted, ...(await attachWanted(service, tx, granted, actor)) };
  });
}

export async function rejectRequest(
  service: Service,
  { account, request, actor }: Decision,
  reason: string,
): Promise<ActivationRequest> {
  return change(service, actor, async (tx) => {
    const exporter = await findAccount(tx, account);
    const row = await findRequestTo(tx, exporter, request);
    if (row.status !== 'pending') throw decided(row, statusOf(row, service.now()));
    const at = service.now();
    const data = { status: 'rejected', reason, decidedAt: BigInt(at) };
    const rejected = await tx.activationRequest.update({ where: { id: row.id }, data });
    await auditRequest(tx, row, {
      at,
      actor,
      action: 'activation.reject',
      account: exporter.key,
      detail: { reason },
    });
    return rejected;
  });
}

/** A new token in the place of one that was approved and was not revoked, also of one that has ended. */
export async function renewRequest(
  service: Service,
  { account, request, actor }: Decision,
  lifetime?: number,
): Promise<Granted> {
  return change(service, actor, async (tx) => {
    const exporter = await findAccount(tx, account);
    const row = await findRequestTo(tx, exporter, request);
    if (row.status !== 'approved') throw decided(row, statusOf(row, service.now()));
    const kept = row.lifetime === null ? null : Number(row.lifetime);
    const terms = { lifetime: lifetime ?? kept, renew: row.renew };
    const renewed = await grant(service, tx, exporter, row, { ...terms, actor, action: 'activation.renew' });
    if (row.exp !== null && renewed.exp !== null && renewed.exp <= row.exp) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_ACTIVATION_NOT_LATER',
        'a new token would end no later than the one there is',
        { hint: "ask for a longer lifetime; none is longer than the exporting account's own JWT" },
      );
    }
    return { row: renewed, ...(await attachWanted(service, tx, renewed, actor)) };
  });
}

interface Grant extends Terms {
  actor: Actor;
  action: 'activation.approve' | 'activation.renew';
}

/** Signs and stores a token for a request, as a part of a change. */
export async function grant(
  service: Service,
  tx: Queries,
  exporterRow: Account,
  row: ActivationRequest,
  { lifetime, renew, actor, action }: Grant,
): Promise<ActivationRequest> {
  const exporter = await verifiedExporter(service, tx, exporterRow);
  const type = row.type as ExportType;
  const { subject, importerKey: importer } = row;
  const found = decidingExport(exporter.claims.nats.exports, type, subject);
  // What was revoked elsewhere (nsc, natsctl) is known by the exporter's JWT alone. A renewal must not undo it.
  if (action === 'activation.renew' && found && isRevoked(found.revocations, importer, Number(row.iat ?? 0))) {
    throw decided(row, 'revoked');
  }
  // Subjects that begin alike share a hash (claims/activation-hash.ts); the newest one of them is what is kept there.
  const newest = await tx.activation.findFirst({
    where: { exporterKey: exporterRow.key, importerKey: importer },
    orderBy: { iat: 'desc' },
    select: { iat: true },
  });
  const after = Math.max(Number(row.iat ?? 0), Number(newest?.iat ?? 0));
  const wanted = { importer, type, subject, lifetime };
  const now = service.now();
  const verb = action === 'activation.approve' ? 'approve' : 'renew';
  const body = { ...(lifetime !== null && { lifetime }), ...(verb === 'approve' && { renew }) };
  const again = sendAgain(exporterRow.key, row.id, verb, body);
  const work = () => signActivation(service, tx, exporter, { ...wanted, after });
  const signed = await withRest(again, work).catch(async (error: unknown) => {
    if (!isNatsctlError(error, 'ERR_SIGN_ELSEWHERE')) throw error;
    const pushed = await signedElsewhere(service, tx, exporter, { ...wanted, after: Number(row.iat ?? 0) });
    if (!pushed) throw error;
    return pushed;
  });
  const detail = { request: row.id, expires: signed.claims.exp };
  const storing = { now, actor, operator: exporterRow.operatorKey, action, detail };
  const { status } = await storeActivation(tx, signed, storing);
  // Pushed before: the token is no news, what was decided is.
  if (status === 'unchanged') await auditRequest(tx, row, { at: now, actor, action, account: exporterRow.key, detail });
  const { exp, iat } = signed.claims;
  return tx.activationRequest.update({
    where: { id: row.id },
    data: {
      status: 'approved',
      jwt: signed.token,
      iat: BigInt(iat),
      exp: exp ? BigInt(exp) : null,
      lifetime: lifetime === null ? null : BigInt(lifetime),
      renew,
      decidedAt: BigInt(now),
    },
  });
}
