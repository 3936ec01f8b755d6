/** Exports of an account, one at a time. */
import { NatsctlError } from '../../claims/errors.js';
import type { AccountClaims, Export } from '../../claims/types.js';
import { type EditedClaims, editClaims } from '../accounts/edit-claims.js';
import { revokedBefore } from '../activations/revoked-before.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { mergePatch } from '../http/merge-patch.js';
import type { Service } from '../service.js';
import { refuseBrokenImporters } from './broken-importers.js';
import { exportId } from './share-id.js';

export interface ShareChange {
  account: string;
  ifMatch: string | undefined;
  actor: Actor;
}

/** A change that others may feel. */
export interface ExportGuard {
  /** Also where imports of others would break. */
  forced: boolean;
  /** Whether the caller may know of that account of the operator. */
  mayName(account: string, operator: string): boolean;
}

export type NewExport = Omit<Export, 'revocations'>;

export async function createExport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  wanted: NewExport,
  guard: ExportGuard,
): Promise<EditedClaims> {
  return change(service, actor, (tx) =>
    editClaims(service, tx, {
      account,
      actor,
      detail: { export: exportId(wanted) },
      async edit(before, stored) {
        if (ifMatch !== undefined) requireMatch(ifMatch, stored);
        if (before.nats.exports.some((one) => exportId(one) === exportId(wanted))) throw taken(before, wanted);
        // Once more exported is not once more allowed: whoever was revoked under an export that is gone stays out.
        const revocations = await revokedBefore(tx, before.sub, wanted);
        return withExports(before, [...before.nats.exports, { ...wanted, revocations }]);
      },
      // A narrower export beside a wide one takes its place for what it covers.
      ...guarded(service, tx, guard),
    }),
  );
}

/** @param patch RFC 7396, over the export as it is told */
export async function editExport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  id: string,
  patch: Record<string, unknown>,
  guard: ExportGuard,
): Promise<EditedClaims & { export: Export }> {
  return change(service, actor, async (tx) => {
    let made: Export | undefined;
    const edited = await editClaims(service, tx, {
      account,
      actor,
      detail: { export: id },
      edit(before, stored) {
        requireMatch(ifMatch, stored);
        const index = indexOf(before, id);
        const { revocations, ...fields } = before.nats.exports[index] as Export;
        made = { ...(mergePatch(fields, patch) as NewExport), revocations };
        const others = before.nats.exports.toSpliced(index, 1);
        if (others.some((one) => exportId(one) === exportId(made as Export))) throw taken(before, made);
        return withExports(before, [...others, made]);
      },
      ...guarded(service, tx, guard),
    });
    return { ...edited, export: findExport(edited.account.claims, exportId(made as Export)) };
  });
}

export async function deleteExport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  id: string,
  guard: ExportGuard,
): Promise<EditedClaims> {
  return change(service, actor, (tx) =>
    editClaims(service, tx, {
      account,
      actor,
      detail: { export: id },
      edit(before, stored) {
        requireMatch(ifMatch, stored);
        return withExports(before, before.nats.exports.toSpliced(indexOf(before, id), 1));
      },
      ...guarded(service, tx, guard),
    }),
  );
}

export function findExport(claims: AccountClaims, id: string): Export {
  return claims.nats.exports[indexOf(claims, id)] as Export;
}

export function withExport(claims: AccountClaims, id: string, edit: (one: Export) => Export): AccountClaims {
  const index = indexOf(claims, id);
  return withExports(claims, claims.nats.exports.with(index, edit(claims.nats.exports[index] as Export)));
}

function withExports(claims: AccountClaims, exports: Export[]): AccountClaims {
  return { ...claims, nats: { ...claims.nats, exports } };
}

function guarded({ now }: Service, tx: Parameters<typeof refuseBrokenImporters>[0], { forced, mayName }: ExportGuard) {
  if (forced) return {};
  return {
    judge: (
      before: AccountClaims,
      after: EditedClaims['account'],
      { operatorKey }: Pick<EditedClaims['row'], 'operatorKey'>,
    ) => refuseBrokenImporters(tx, { before, after, now: now(), mayName: (account) => mayName(account, operatorKey) }),
  };
}

function indexOf(claims: AccountClaims, id: string): number {
  const index = claims.nats.exports.findIndex((one) => exportId(one) === id);
  if (index >= 0) return index;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_EXPORT_UNKNOWN',
    `account ${claims.name ?? claims.sub} has no export ${JSON.stringify(id)}`,
    { hint: 'name it by its id: TYPE:SUBJECT, percent-encoded', details: { account: claims.sub } },
  );
}

function taken({ sub, name = sub }: AccountClaims, { type, subject }: NewExport): NatsctlError<ServiceErrorCode> {
  return new NatsctlError(
    'ERR_EXPORT_TAKEN',
    `account ${name} exports the ${type} ${JSON.stringify(subject)} already`,
    { hint: 'change that one', details: { account: sub } },
  );
}
