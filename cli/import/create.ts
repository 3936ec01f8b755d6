import { importCycle } from '../../claims/account/import-cycle.js';
import { NatsctlError } from '../../claims/errors.js';
import type { AccountClaims, ActivationClaims, Decoded, ExportType, Import } from '../../claims/types.js';
import { accountKey } from '../activation/create.js';
import { judgeImport } from '../activation/judge.js';
import { mintActivation } from '../activation/mint.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import { type ChangeReport, newWarnings } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError, usageError } from '../errors.js';
import { remoteSubject } from '../export/importers.js';
import { findAccountByKey, listAccounts, type StoredAccount, withoutDamaged } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { type Match, matchExport } from './match.js';

export interface NewImport {
  account?: string | undefined;
  /** Exporting account: a name of this store, or any public key. Known from the activation where there is one. */
  source?: string | undefined;
  /** The exporter's subject. Known from the activation where there is one. */
  subject?: string | undefined;
  type?: ExportType | undefined;
  /** What it is called here; undefined = as there. */
  local?: string | undefined;
  name?: string | undefined;
  share: boolean;
  allowTrace: boolean;
  /** Of a private export. Without one it is made here, where the exporter's key is here. */
  activation?: Decoded<ActivationClaims> | undefined;
  /** Of the activation made here: unix seconds, and the value of `--private-key`. */
  activationExpiry?: number | undefined;
  activationKey?: string | undefined;
  /** Import what the exporting account, as known here, does not export. */
  unmatched: boolean;
}

export interface ImportChanged extends ChangeReport {
  account: string;
  accountKey: string;
  /** Name of the exporting account, where this store has it. */
  source: string | null;
  /** As it is now; for a deletion, as it was. */
  import: Import;
}

export async function createImport(
  workspace: Workspace,
  wanted: NewImport,
  options: ChangeOptions,
): Promise<ImportChanged> {
  let made: Import | undefined;
  let name = '';
  let source: StoredAccount | undefined;
  const warnings: string[] = [];
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    name = account.name;
    const from = await sourceKey(workspace, wanted);
    if (from === claims.sub) {
      throw cliError('ERR_IMPORT_SELF', `account ${account.name} cannot import from itself`, {
        hint: 'name the exporting account with --source-account',
      });
    }
    source = await findAccountByKey(workspace.store, from);
    made = await buildImport(workspace, wanted, claims.sub, from, source);
    refuseTaken(account.name, claims, made);
    await refuseCycle(workspace, claims.sub, made);
    if (source === undefined) {
      warnings.push(`the exporting account ${from} is not in this store: whether it exports this is not known`);
    } else if (!wanted.unmatched) await refuseUnusable(workspace, made, claims.sub, source);
    return { ...claims, nats: { ...claims.nats, imports: [...claims.nats.imports, made] } };
  });
  return {
    account: name,
    accountKey: change.before.sub,
    source: source?.name ?? null,
    import: made as Import,
    ...changeResult(change),
    warnings: [...warnings, ...newWarnings(change, workspace.now)],
  };
}

async function sourceKey(workspace: Workspace, { activation, source }: NewImport): Promise<string> {
  const given = source === undefined ? undefined : await accountKey(workspace, source);
  const named = activation && (activation.claims.nats.issuer_account ?? activation.claims.iss);
  if (given !== undefined && named !== undefined && given !== named) {
    throw usageError(`the activation is of account ${named}, not of ${source}`, 'leave --source-account out');
  }
  const key = given ?? named;
  if (key === undefined) throw usageError('--source-account is missing', 'the account that exports it, by name or key');
  return key;
}

async function buildImport(
  workspace: Workspace,
  wanted: NewImport,
  importer: string,
  from: string,
  source: StoredAccount | undefined,
): Promise<Import> {
  const { activation } = wanted;
  const asked = wanted.subject ?? activation?.claims.nats.subject;
  if (asked === undefined) throw usageError('SUBJECT is missing', "the exporter's subject to import");
  const match = matched(wanted, importer, asked, source);
  const subject = match?.subject ?? asked;
  const type = match?.export.type ?? wanted.type ?? activation?.claims.nats.kind ?? 'stream';
  const token = activation?.token ?? (await minted(workspace, wanted, importer, subject, source, match));
  // As nsc: a service that came by an activation is named here even where the name is the same.
  const local = wanted.local ?? match?.local ?? (token !== undefined && type === 'service' ? subject : undefined);
  return {
    name: wanted.name ?? activation?.claims.name ?? asked,
    subject,
    account: from,
    ...(token !== undefined && { token }),
    ...(local !== undefined && local !== '' && { local_subject: local }),
    type,
    ...(wanted.share && { share: true }),
    ...(wanted.allowTrace && { allow_trace: true }),
  };
}

function matched(
  { type, unmatched, activation }: NewImport,
  importer: string,
  subject: string,
  source: StoredAccount | undefined,
): Match | null {
  if (source === undefined) return null;
  try {
    const kind = type ?? activation?.claims.nats.kind;
    return matchExport({ name: source.name, claims: source.jwt.claims }, importer, subject, kind);
  } catch (error) {
    if (unmatched) return null;
    throw error;
  }
}

async function minted(
  workspace: Workspace,
  wanted: NewImport,
  importer: string,
  subject: string,
  source: StoredAccount | undefined,
  match: Match | null,
): Promise<string | undefined> {
  if (source === undefined || match?.export.token_req !== true) return undefined;
  try {
    const activation = { importer, subject, expiry: wanted.activationExpiry, key: wanted.activationKey };
    return (await mintActivation(workspace, source, match.export, activation)).token;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SIGNER_MISSING')) throw error;
    throw cliError('ERR_ACTIVATION_MISSING', `the export of ${match.export.subject} by ${source.name} is private`, {
      hint: `its key is not here: ask for an activation for ${importer} (\`natsctl activation create\`) and give it with --token`,
      details: { source: source.jwt.claims.sub, subject },
      cause: error,
    });
  }
}

export function refuseTaken(account: string, { nats }: AccountClaims, made: Import): void {
  const remote = remoteSubject(made);
  const taken = nats.imports.some(
    (one) => one.type === made.type && one.account === made.account && remoteSubject(one) === remote,
  );
  if (!taken) return;
  throw cliError('ERR_IMPORT_TAKEN', `account ${account} imports the ${made.type} ${remote} from there already`, {
    hint: 'change it with `natsctl import edit`',
    details: { account, subject: remote },
  });
}

/** Through imports of this store's accounts a message must not come back to where it started. */
export async function refuseCycle(workspace: Workspace, importer: string, made: Import): Promise<void> {
  const accounts = withoutDamaged(await listAccounts(workspace.store));
  const byKey = new Map(accounts.map((one) => [one.jwt.claims.sub, one]));
  const path = importCycle(importer, made, (key) => byKey.get(key)?.jwt.claims.nats.imports ?? []);
  if (path === null) return;
  const names = [importer, ...path].map((key) => byKey.get(key)?.name ?? key);
  throw cliError(
    'ERR_IMPORT_CYCLE',
    `the import of ${made.subject} leads back to where it starts: ${names.join(' <- ')}`,
    {
      hint: 'servers refuse it; remove the import that leads back, or choose another --local-subject',
      details: { path: [importer, ...path] },
    },
  );
}

/** What a server would refuse is not written, where this store can see it. */
export async function refuseUnusable(
  workspace: Workspace,
  made: Import,
  importer: string,
  source: StoredAccount,
): Promise<void> {
  const verdict = await judgeImport(workspace, made, importer, source);
  if (verdict.state !== 'refused') return;
  throw new NatsctlError(verdict.code ?? 'ERR_IMPORT_UNMATCHED', verdict.message ?? 'the import is refused', {
    hint: `${verdict.hint ?? 'servers would leave it out'}; --unmatched imports it all the same`,
    details: { account: source.jwt.claims.sub, subject: remoteSubject(made) },
  });
}
