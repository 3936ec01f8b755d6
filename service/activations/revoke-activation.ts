/**
 * Activations are revoked in the export they are for: by the importing account's key, or `*`, up to a time (nats-io/jwt
 * `Export.RevokeAt`). Servers cut what was imported by them when they get the exporter's JWT.
 */
import { EVERYONE, isRevoked, revoke } from '../../claims/account/revocation.js';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { AccountClaims, Export, ExportType } from '../../claims/types.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { editClaims } from '../accounts/edit-claims.js';
import { findAccount } from '../accounts/find-account.js';
import { type Actor, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { type Send, withRest } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { announced } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import { findExport, withExport } from '../sharing/exports.js';
import { exportId } from '../sharing/share-id.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import type { Decision } from './decide.js';
import { decided, findRequestTo, statusOf } from './requests.js';

export interface RevokedActivations {
  account: string;
  /** Null where the export is gone, and with it everything that was imported by it. */
  export: string | null;
  importer: string;
  revokedAt: number;
  jti: string;
}
type Announced = { announced: ServerAnswer[] };

/** Revokes what a request gave, and with it every activation of that importer for the same export. */
export async function revokeRequest(
  service: Service,
  { account, request, actor }: Decision,
): Promise<RevokedActivations & Announced> {
  const revoked = await change(service, actor, async (tx) => {
    const exporter = await findAccount(tx, account);
    const row = await findRequestTo(tx, exporter, request);
    if (row.status !== 'approved') throw decided(row, statusOf(row, service.now()));
    const { claims } = readStored('account', exporter);
    const found = decidingExport(claims.nats.exports, row.type as ExportType, row.subject);
    const at = Math.max(service.now(), Number(row.iat ?? 0));
    if (found) {
      const wanted = { id: exportId(found), importer: row.importerKey };
      return revokeIn(service, tx, exporter.key, wanted, actor);
    }
    await tx.activationRequest.update({ where: { id: row.id }, data: { status: 'revoked', revokedAt: BigInt(at) } });
    return { account: exporter.key, export: null, importer: row.importerKey, revokedAt: at, jti: exporter.jti };
  });
  return { ...revoked, announced: await announced(service, actor, revoked.account, revoked.jti) };
}

export async function revokeActivations(
  service: Service,
  account: string,
  wanted: { id: string; importer: string; at?: number },
  actor: Actor,
): Promise<RevokedActivations & Announced> {
  const importer = importerOrEveryone(wanted.importer);
  const revoked = await change(service, actor, (tx) => revokeIn(service, tx, account, { ...wanted, importer }, actor));
  return { ...revoked, announced: await announced(service, actor, revoked.account, revoked.jti) };
}

/** Takes a revocation back: activations that it made void, and that have not ended, count again. */
export async function restoreActivations(
  service: Service,
  { account, ifMatch, actor }: { account: string; ifMatch: string | undefined; actor: Actor },
  { id, importer: given }: { id: string; importer: string },
): Promise<Omit<RevokedActivations, 'revokedAt' | 'export'> & { export: string } & Announced> {
  const importer = importerOrEveryone(given);
  const restored = await change(service, actor, async (tx) => {
    const { row, account: after } = await editClaims(service, tx, {
      account,
      actor,
      action: 'activation.restore',
      detail: { export: id, importer },
      restores: true,
      edit(before, stored) {
        if (ifMatch !== undefined) requireMatch(ifMatch, stored);
        return withExport(before, id, (one) => withoutRevocation(before, one, importer));
      },
    });
    const given = { status: 'revoked', jwt: { not: null }, ...(importer !== EVERYONE && { importerKey: importer }) };
    const exported = findExport(after.claims, id);
    const rows = await requestsFor(tx, after.claims, exported, given);
    const restored = rows.filter((one) => !isRevoked(exported.revocations, one.importerKey, Number(one.iat)));
    await tx.activationRequest.updateMany({
      where: { id: { in: restored.map((one) => one.id) } },
      data: { status: 'approved', revokedAt: null },
    });
    return { account: row.key, export: id, importer, jti: row.jti };
  });
  return { ...restored, announced: await announced(service, actor, restored.account, restored.jti) };
}

async function revokeIn(
  service: Service,
  tx: Queries,
  account: string,
  { id, importer, at }: { id: string; importer: string; at?: number },
  actor: Actor,
): Promise<RevokedActivations> {
  const exporter = await findAccount(tx, account);
  const before = readStored('account', exporter).claims;
  const exported = findExport(before, id);
  const one = importer === EVERYONE ? {} : { importerKey: importer };
  const rows = await requestsFor(tx, before, exported, { status: 'approved', ...one });
  const stored = await tx.activation.findMany({ where: { exporterKey: exporter.key, type: exported.type, ...one } });
  const kept = stored.filter((row) => isFor(before, exported, row.subject));
  // A token issued by a clock ahead of ours is covered too, where we know of it.
  const newest = Math.max(0, ...[...rows, ...kept].map(({ iat }) => Number(iat ?? 0)));
  const wanted = at ?? Math.max(service.now(), newest);
  const detail = { export: id, importer, at: wanted };
  const why = { actor, action: 'activation.revoke', detail } as const;
  const again: Send = {
    method: 'POST',
    url: `/api/v1/accounts/${exporter.key}/exports/${encodeURIComponent(id)}/revocations`,
    headers: { 'content-type': 'application/json' },
    body: { account: importer, at: wanted },
  };
  const { row, revokedAt } = await withRest(again, async () => {
    const { row } = await editClaims(service, tx, {
      account: exporter.key,
      ...why,
      edit: (claims) =>
        withExport(claims, id, (was) => ({ ...was, revocations: revoke(was.revocations, importer, wanted) })),
    });
    return { row, revokedAt: wanted };
  }).catch(async (error: unknown) => {
    // Signed elsewhere and pushed, it is in the claims: what is left then is this service's own rows.
    const pushed = Math.max(...[importer, EVERYONE].map((key) => exported.revocations.get(key) ?? -1));
    if (!isNatsctlError(error, 'ERR_SIGN_ELSEWHERE') || pushed < wanted) throw error;
    const { key: entity, operatorKey: operator } = exporter;
    await recordAudit(tx, { at: service.now(), ...why, entity, operator, account: entity });
    return { row: exporter, revokedAt: pushed };
  });
  const covered = ({ iat }: { iat: bigint | null }) => Number(iat ?? 0) <= revokedAt;
  await tx.activationRequest.updateMany({
    where: { id: { in: rows.filter(covered).map((request) => request.id) } },
    data: { status: 'revoked', revokedAt: BigInt(revokedAt) },
  });
  // What is void is not handed out.
  await tx.activation.deleteMany({ where: { hash: { in: kept.filter(covered).map(({ hash }) => hash) } } });
  return { account: row.key, export: id, importer, revokedAt, jti: row.jti };
}

/** The requests whose activations this export decides on. */
async function requestsFor(tx: Queries, claims: AccountClaims, exported: Export, where: Record<string, unknown>) {
  const rows = await tx.activationRequest.findMany({
    where: { ...where, exporterKey: claims.sub, type: exported.type },
    select: { id: true, importerKey: true, subject: true, iat: true },
  });
  return rows.filter(({ subject }) => isFor(claims, exported, subject));
}

function isFor({ nats }: AccountClaims, { type, subject }: Export, asked: string): boolean {
  return decidingExport(nats.exports, type, asked)?.subject === subject;
}

function withoutRevocation({ name, sub }: AccountClaims, one: Export, importer: string): Export {
  const revocations = new Map(one.revocations);
  if (revocations.delete(importer)) return { ...one, revocations };
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_REVOCATION_UNKNOWN',
    `the export of ${JSON.stringify(one.subject)} by account ${name ?? sub} has no revocation of ${importer}`,
  );
}

function importerOrEveryone(importer: string): string {
  return importer === EVERYONE ? EVERYONE : decodePublicKey(importer, 'account').text;
}
