import type { AccountClaims, Export, ExportType } from '../../claims/types.js';
import { type Change, type ChangeOptions, changeAccount } from '../change/change.js';
import { type ChangeReport, newWarnings } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import type { Workspace } from '../workspace.js';
import { blankExport, type ExportFields, withFields } from './claims.js';
import { type ExportChoice, findExport } from './find.js';
import { type Importer, importersOf } from './importers.js';

export interface ExportChanged extends ChangeReport {
  account: string;
  accountKey: string;
  /** As it is now; for a deletion, as it was. */
  export: Export;
}

export async function createExport(
  workspace: Workspace,
  wanted: ExportFields & { account?: string | undefined; subject: string; type: ExportType },
  options: ChangeOptions,
): Promise<ExportChanged> {
  const { subject: _subject, type: _type, ...fields } = wanted;
  const made = withFields(blankExport(wanted.subject, wanted.type), fields);
  let name = '';
  const change = await changeAccount(workspace, wanted.account, options, (claims, account) => {
    name = account.name;
    if (claims.nats.exports.some((one) => one.subject === made.subject && one.type === made.type)) {
      throw cliError('ERR_EXPORT_TAKEN', `account ${account.name} exports the ${made.type} ${made.subject} already`, {
        hint: 'change it with `natsctl export edit`',
        details: { account: account.name, subject: made.subject },
      });
    }
    return withExports(claims, [...claims.nats.exports, made]);
  });
  return report(name, change, made, newWarnings(change, workspace.now));
}

export async function editExport(
  workspace: Workspace,
  wanted: { account?: string | undefined; export: ExportChoice; fields: ExportFields },
  options: ChangeOptions,
): Promise<ExportChanged> {
  let made: Export | undefined;
  let name = '';
  let broken: Importer[] = [];
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    name = account.name;
    const index = findExport(account.name, claims, wanted.export);
    const before = claims.nats.exports[index] as Export;
    made = withFields(before, wanted.fields);
    broken = await brokenBy(workspace, claims.sub, before, made);
    return withExports(claims, claims.nats.exports.with(index, made));
  });
  const warnings = [...broken.map((one) => breaks(one)), ...newWarnings(change, workspace.now)];
  return report(name, change, made as Export, warnings);
}

export async function deleteExport(
  workspace: Workspace,
  wanted: { account?: string | undefined; export: ExportChoice },
  options: ChangeOptions,
): Promise<ExportChanged> {
  let gone: Export | undefined;
  let name = '';
  let broken: Importer[] = [];
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    name = account.name;
    const index = findExport(account.name, claims, wanted.export);
    gone = claims.nats.exports[index] as Export;
    broken = await importersOf(workspace, claims.sub, gone);
    return withExports(claims, claims.nats.exports.toSpliced(index, 1));
  });
  return report(name, change, gone as Export, broken.map(breaks));
}

export function withExports(claims: AccountClaims, exports: Export[]): AccountClaims {
  return { ...claims, nats: { ...claims.nats, exports } };
}

/** Imports that the export served before and does not serve now: other subject or kind, or a token they do not have. */
async function brokenBy(workspace: Workspace, exporter: string, before: Export, after: Export): Promise<Importer[]> {
  const served = await importersOf(workspace, exporter, before);
  const still = new Set((await importersOf(workspace, exporter, after)).map((one) => one.import.subject));
  const newlyPrivate = after.token_req === true && before.token_req !== true;
  const otherPosition = (after.account_token_position ?? 0) !== (before.account_token_position ?? 0);
  return served.filter(
    ({ import: one }) =>
      after.type !== before.type ||
      !still.has(one.subject) ||
      (newlyPrivate && one.token === undefined) ||
      (otherPosition && after.account_token_position !== undefined),
  );
}

function breaks({ account, import: one }: Importer): string {
  return `the import of ${one.subject} by account ${account.name} no longer works with this`;
}

function report(account: string, change: Change<AccountClaims>, exported: Export, warnings: string[]): ExportChanged {
  return { account, accountKey: change.before.sub, export: exported, ...changeResult(change), warnings };
}
