/** Imports of an account, one at a time. */
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { isSubset } from '../../claims/subject/match.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { AccountClaims, Import } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { type EditedClaims, editClaims } from '../accounts/edit-claims.js';
import { findAccount } from '../accounts/find-account.js';
import { grant } from '../activations/decide.js';
import { openRequest, withStatus } from '../activations/requests.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { mergePatch } from '../http/merge-patch.js';
import { brokenImports } from '../push/cross-checks.js';
import type { Warning } from '../schemas/warning.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import type { ShareChange } from './exports.js';
import { importId, remoteSubject } from './share-id.js';

export type NewImport = Omit<Import, 'to'>;
export type ChangedImport = EditedClaims & { import: Import };

/** Imports in a row that are followed to find one that leads back. */
const CYCLE_DEPTH = 16;

/**
 * @param mayManage whether the caller may manage an account of the operator: as its exporter he lets himself in
 */
export async function createImport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  given: NewImport,
  mayManage: (account: string, operator: string) => boolean,
): Promise<ChangedImport> {
  return change(service, actor, async (tx) => {
    const importer = await findAccount(tx, account);
    const wanted = { ...given, account: decodePublicKey(given.account, 'account').text };
    if (wanted.account === importer.key) {
      throw new NatsctlError<ServiceErrorCode>('ERR_IMPORT_SELF', 'an account imports nothing from itself', {
        hint: 'name the exporting account',
      });
    }
    const mint = mayManage(wanted.account, importer.operatorKey);
    const token = wanted.token ?? (await tokenFor(service, tx, importer, wanted, mint, actor));
    const made = { ...wanted, ...(token !== undefined && { token }) };
    return editImport(service, tx, { account, actor, id: importId(made) }, (before, stored) => {
      if (ifMatch !== undefined) requireMatch(ifMatch, stored);
      if (before.nats.imports.some((one) => importId(one) === importId(made))) throw taken(before, made);
      return [...before.nats.imports, made];
    });
  });
}

/** @param patch RFC 7396, over the import as it is told */
export async function changeImport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  id: string,
  patch: Record<string, unknown>,
): Promise<ChangedImport> {
  return change(service, actor, (tx) =>
    editImport(service, tx, { account, actor, id }, (before, stored) => {
      requireMatch(ifMatch, stored);
      const index = indexOf(before, id);
      const was = before.nats.imports[index] as Import;
      // A local subject takes the place of the deprecated form, which cannot stand beside it.
      const plain = 'local_subject' in patch ? inNewForm(was) : was;
      return before.nats.imports.with(index, mergePatch(plain, patch) as Import);
    }),
  );
}

export async function deleteImport(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  id: string,
): Promise<EditedClaims> {
  return change(service, actor, (tx) =>
    editClaims(service, tx, {
      account,
      actor,
      detail: { import: id },
      edit(before, stored) {
        requireMatch(ifMatch, stored);
        return withImports(before, before.nats.imports.toSpliced(indexOf(before, id), 1));
      },
    }),
  );
}

export function findImport(claims: AccountClaims, id: string): Import {
  return claims.nats.imports[indexOf(claims, id)] as Import;
}

async function editImport(
  service: Service,
  tx: Queries,
  { account, actor, id }: { account: string; actor: Actor; id: string },
  edit: (before: AccountClaims, stored: Account) => Import[],
): Promise<ChangedImport> {
  let broken: Warning[] = [];
  const edited = await editClaims(service, tx, {
    account,
    actor,
    detail: { import: id },
    edit: (before, stored) => withImports(before, edit(before, stored)),
    async judge(_before, after) {
      const index = indexOf(after.claims, id);
      const all = await brokenImports(tx, after, service.now(), CYCLE_DEPTH);
      const path = `/nats/imports/${index}`;
      broken = all.filter((one) => one.path === path || one.path.startsWith(`${path}/`));
      refuseUnusable(broken, after.claims.sub);
    },
  });
  return { ...edited, import: findImport(edited.account.claims, id), warnings: [...edited.warnings, ...broken] };
}

/** What the exporter may still mend is a warning: accounts are made in any order. What is the import's own fault is refused. */
function refuseUnusable(broken: Warning[], importer: string): void {
  for (const { code, message } of broken) {
    if (code.startsWith('ERR_ACTIVATION_')) {
      const hint = `request an activation: POST /api/v1/accounts/${importer}/activation-requests`;
      throw new NatsctlError(code, message, { hint });
    }
    if (code === 'ERR_IMPORT_CYCLE' || code === 'ERR_IMPORT_DUPLICATE') throw new NatsctlError(code, message);
  }
}

/** For an import of what is private: the token of a request that was approved, or one that the caller gives himself. */
async function tokenFor(
  service: Service,
  tx: Queries,
  importer: Account,
  { account: exporterKey, type, subject }: NewImport,
  mint: boolean,
  actor: Actor,
): Promise<string | undefined> {
  const { key: importerKey, operatorKey } = importer;
  const exporter = await tx.account.findFirst({ where: { key: exporterKey, operatorKey } });
  if (!exporter) return undefined;
  const found = decidingExport(readStored('account', exporter).claims.nats.exports, type, subject);
  if (found?.token_req !== true) return undefined;
  const approved = await tx.activationRequest.findMany({
    where: { importerKey, exporterKey, type, ...withStatus('approved', service.now()) },
    orderBy: { iat: 'desc' },
  });
  const covering = approved.find((row) => row.subject === subject || isSubset(subject, row.subject));
  if (covering?.jwt) return covering.jwt;
  if (!mint) return undefined;
  try {
    const wanted = { exporter: exporterKey, type, subject, attach: true };
    const row = await grantOwn(service, tx, importer, exporter, wanted, actor);
    return row.jwt ?? undefined;
  } catch (error) {
    // Its key is elsewhere: so is whoever can give a token.
    if (isNatsctlError(error, 'ERR_SIGNING_KEY_ABSENT')) return undefined;
    throw error;
  }
}

async function grantOwn(
  service: Service,
  tx: Queries,
  importer: Account,
  exporter: Account,
  wanted: Parameters<typeof openRequest>[3],
  actor: Actor,
) {
  const pending = await tx.activationRequest.findUnique({
    where: {
      importerKey_exporterKey_type_subject: {
        importerKey: importer.key,
        exporterKey: exporter.key,
        type: wanted.type,
        subject: wanted.subject,
      },
      status: 'pending',
    },
  });
  const row = pending ?? (await openRequest(service, tx, importer, wanted));
  const terms = { lifetime: null, renew: false, actor, action: 'activation.approve' } as const;
  return grant(service, tx, exporter, row, terms);
}

function withImports(claims: AccountClaims, imports: Import[]): AccountClaims {
  return { ...claims, nats: { ...claims.nats, imports } };
}

function inNewForm(claim: Import): Import {
  const { to: _deprecated, ...rest } = claim;
  return { ...rest, subject: remoteSubject(claim) };
}

function indexOf(claims: AccountClaims, id: string): number {
  const at = claims.nats.imports.flatMap((one, index) => (importId(one) === id ? [index] : []));
  const [index] = at;
  if (index !== undefined && at.length === 1) return index;
  const name = claims.name ?? claims.sub;
  if (index === undefined) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_IMPORT_UNKNOWN',
      `account ${name} has no import ${JSON.stringify(id)}`,
      { hint: 'name it by its id: TYPE:EXPORTER:SUBJECT, percent-encoded', details: { account: claims.sub } },
    );
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_IMPORT_AMBIGUOUS',
    `account ${name} imports ${JSON.stringify(id)} under ${at.length} local subjects`,
    { hint: 'change the account as a whole: PATCH /api/v1/accounts/{account}', details: { account: claims.sub } },
  );
}

function taken({ sub, name = sub }: AccountClaims, claim: Import): NatsctlError<ServiceErrorCode> {
  const what = `the ${claim.type} ${JSON.stringify(remoteSubject(claim))}`;
  return new NatsctlError('ERR_IMPORT_TAKEN', `account ${name} imports ${what} from ${claim.account} already`, {
    hint: 'change that one',
    details: { account: sub },
  });
}
