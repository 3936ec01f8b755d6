import type { ActivationClaims, Decoded, Import } from '../../claims/types.js';
import { mintActivation } from '../activation/mint.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import { newWarnings } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { coveringExports } from '../export/find.js';
import { remoteSubject } from '../export/importers.js';
import { findAccountByKey, type StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { type ImportChanged, refuseCycle, refuseTaken, refuseUnusable } from './create.js';
import { findImport, type ImportChoice } from './find.js';

/** Undefined leaves it, an empty text takes it away. */
export interface ImportFields {
  name?: string | undefined;
  subject?: string | undefined;
  local?: string | undefined;
  share?: boolean | undefined;
  allowTrace?: boolean | undefined;
  activation?: Decoded<ActivationClaims> | undefined;
  /** Make a new activation with the exporter's key. */
  renew?: { expiry?: number | undefined; key?: string | undefined } | undefined;
}

export async function editImport(
  workspace: Workspace,
  wanted: { account?: string | undefined; import: ImportChoice; fields: ImportFields; unmatched: boolean },
  options: ChangeOptions,
): Promise<ImportChanged> {
  let made: Import | undefined;
  let name = '';
  let source: StoredAccount | undefined;
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    name = account.name;
    const { imports } = claims.nats;
    const index = await findImport(workspace, account.name, claims, wanted.import);
    const before = imports[index] as Import;
    source = await findAccountByKey(workspace.store, before.account);
    made = withFields(before, wanted.fields);
    if (wanted.fields.renew) made.token = await renewed(workspace, made, claims.sub, source, wanted.fields.renew);
    const others = { ...claims, nats: { ...claims.nats, imports: imports.toSpliced(index, 1) } };
    refuseTaken(account.name, others, made);
    await refuseCycle(workspace, claims.sub, made);
    // An import that was refused before may still be renamed: only what this edit is about is judged.
    const { subject, activation, renew } = wanted.fields;
    if (source && !wanted.unmatched && (subject ?? activation ?? renew) !== undefined) {
      await refuseUnusable(workspace, made, claims.sub, source);
    }
    return { ...claims, nats: { ...claims.nats, imports: imports.with(index, made) } };
  });
  return {
    account: name,
    accountKey: change.before.sub,
    source: source?.name ?? null,
    import: made as Import,
    ...changeResult(change),
    warnings: newWarnings(change, workspace.now),
  };
}

export async function deleteImport(
  workspace: Workspace,
  wanted: { account?: string | undefined; import: ImportChoice },
  options: ChangeOptions,
): Promise<ImportChanged> {
  let gone: Import | undefined;
  let name = '';
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    name = account.name;
    const index = await findImport(workspace, account.name, claims, wanted.import);
    gone = claims.nats.imports[index] as Import;
    return { ...claims, nats: { ...claims.nats, imports: claims.nats.imports.toSpliced(index, 1) } };
  });
  const found = gone as Import;
  const source = (await findAccountByKey(workspace.store, found.account))?.name ?? null;
  return { account: name, accountKey: change.before.sub, source, import: found, ...changeResult(change), warnings: [] };
}

function withFields(before: Import, fields: ImportFields): Import {
  const after: Import = { ...before };
  if (fields.subject !== undefined) {
    if (after.type === 'service' && after.to) after.to = fields.subject;
    else after.subject = fields.subject;
  }
  if (fields.name !== undefined) after.name = fields.name;
  if (fields.local !== undefined) setLocal(after, fields.local);
  set(after, 'share', fields.share);
  set(after, 'allow_trace', fields.allowTrace);
  if (fields.activation) after.token = fields.activation.token;
  return after;
}

/** In today's form: the deprecated one goes where a local subject is set. */
function setLocal(target: Import, local: string): void {
  const remote = remoteSubject(target);
  target.subject = remote;
  delete target.to;
  if (local === '') delete target.local_subject;
  else target.local_subject = local;
}

function set(target: Import, key: 'share' | 'allow_trace', value: boolean | undefined): void {
  if (value === undefined) return;
  if (value) target[key] = true;
  else delete target[key];
}

async function renewed(
  workspace: Workspace,
  made: Import,
  importer: string,
  source: StoredAccount | undefined,
  { expiry, key }: { expiry?: number | undefined; key?: string | undefined },
): Promise<string> {
  const subject = remoteSubject(made);
  const exported = source && coveringExports(source.jwt.claims, subject, made.type)[0];
  if (source === undefined || exported === undefined) {
    throw cliError('ERR_ACTIVATION_MISSING', `an activation for ${subject} cannot be made here`, {
      hint: source
        ? `account ${source.name} does not export it`
        : 'the exporting account is not in this store: give one with --token',
      details: { account: made.account, subject },
    });
  }
  return (await mintActivation(workspace, source, exported, { importer, subject, expiry, key })).token;
}
