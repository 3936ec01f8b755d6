import type { AccountClaims, ExportType, Import } from '../../claims/types.js';
import { accountKey } from '../activation/create.js';
import { cliError } from '../errors.js';
import { remoteSubject } from '../export/importers.js';
import { safeText } from '../output/safe-text.js';
import { requiredChoice } from '../prompt.js';
import { accountNameOf } from '../store/store.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** Which import of an account is meant: by the exporter's subject or the local one, and where needed by exporter and kind. */
export interface ImportChoice {
  subject: string;
  /** Exporting account, by name or key. */
  source?: string | undefined;
  type?: ExportType | undefined;
}

/** @returns its index */
export async function findImport(
  workspace: Workspace,
  account: string,
  { nats }: AccountClaims,
  wanted: ImportChoice,
): Promise<number> {
  const source = wanted.source === undefined ? undefined : await accountKey(workspace, wanted.source);
  const fits = nats.imports.filter(
    (one) =>
      (source === undefined || one.account === source) && (wanted.type === undefined || one.type === wanted.type),
  );
  const remote = fits.filter((one) => remoteSubject(one) === wanted.subject);
  const [first, second] = remote.length > 0 ? remote : fits.filter((one) => one.local_subject === wanted.subject);
  if (first === undefined) {
    const known = nats.imports.map(remoteSubject).join(', ');
    throw cliError('ERR_IMPORT_UNKNOWN', `account ${account} does not import ${wanted.subject}`, {
      hint: known === '' ? 'make it with `natsctl import create`' : `it imports: ${known}`,
      details: { account, subject: wanted.subject },
    });
  }
  if (second !== undefined) {
    throw cliError('ERR_IMPORT_AMBIGUOUS', `account ${account} imports ${wanted.subject} more than once`, {
      hint: 'say which with --source-account and --type',
      details: { account, subject: wanted.subject },
    });
  }
  return nats.imports.indexOf(first);
}

/** The import given, or one chosen on a terminal. */
export async function chooseImport(
  workspace: Workspace,
  wanted: { account?: string | undefined } & Partial<ImportChoice>,
  question: string,
): Promise<ImportChoice> {
  if (wanted.subject !== undefined) return { ...wanted, subject: wanted.subject };
  const { imports } = (await chooseAccount(workspace, wanted.account)).jwt.claims.nats;
  const labels = await Promise.all(imports.map((one) => labelOf(workspace, one)));
  const found = imports[labels.indexOf(await requiredChoice(undefined, 'SUBJECT', question, labels))] as Import;
  return { subject: remoteSubject(found), source: found.account, type: found.type };
}

async function labelOf({ store }: Workspace, one: Import): Promise<string> {
  return safeText(`${remoteSubject(one)} (${one.type} of ${await accountNameOf(store, one.account)})`);
}
