import { isSubset } from '../../claims/subject/match.js';
import type { AccountClaims, Export, ExportType } from '../../claims/types.js';
import { cliError, usageError } from '../errors.js';
import { safeText } from '../output/safe-text.js';
import { requiredChoice } from '../prompt.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** Which export of an account is meant: by its subject, and by its kind where a stream and a service share it. */
export interface ExportChoice {
  subject: string;
  type?: ExportType | undefined;
}

/** @returns its index */
export function findExport(account: string, { nats }: AccountClaims, wanted: ExportChoice): number {
  const ofType = nats.exports.filter((one) => wanted.type === undefined || one.type === wanted.type);
  const found = ofType.filter((one) => one.subject === wanted.subject);
  const [first, second] = found;
  if (first === undefined) {
    const known = ofType.map((one) => one.subject).join(', ');
    throw cliError(
      'ERR_EXPORT_UNKNOWN',
      `account ${account} does not export ${wanted.type ?? ''} ${wanted.subject}`.replace('  ', ' '),
      {
        hint: known === '' ? 'make it with `natsctl export create`' : `it exports: ${known}`,
        details: { account, subject: wanted.subject },
      },
    );
  }
  if (second !== undefined) {
    throw cliError(
      'ERR_EXPORT_AMBIGUOUS',
      `account ${account} exports ${wanted.subject} as a stream and as a service`,
      {
        hint: 'say which with --type',
        details: { account, subject: wanted.subject },
      },
    );
  }
  return nats.exports.indexOf(first);
}

/** Exports that cover a subject; servers take the first of the kind, and two of a kind never overlap. */
export function coveringExports({ nats }: AccountClaims, subject: string, type?: ExportType): Export[] {
  return nats.exports.filter(
    (one) => (type === undefined || one.type === type) && (one.subject === subject || isSubset(subject, one.subject)),
  );
}

/** The export given, or one chosen on a terminal among those of the account that `fits`. */
export async function chooseExport(
  workspace: Workspace,
  wanted: { account?: string | undefined; subject?: string | undefined; type?: ExportType | undefined },
  question: string,
  fits: (one: Export) => boolean = () => true,
): Promise<ExportChoice> {
  if (wanted.subject !== undefined) return { subject: wanted.subject, type: wanted.type };
  const { name, jwt } = await chooseAccount(workspace, wanted.account);
  const { claims } = jwt;
  const candidates = claims.nats.exports.filter(
    (one) => fits(one) && (wanted.type === undefined || one.type === wanted.type),
  );
  const labels = candidates.map((one) => safeText(`${one.subject} (${one.type})`));
  if (labels.length === 0) {
    throw usageError('SUBJECT is missing', `account ${name} has no export to choose; another account: --account NAME`);
  }
  const chosen = await requiredChoice(undefined, 'SUBJECT', question, labels);
  const found = candidates[labels.indexOf(chosen)] as Export;
  return { subject: found.subject, type: found.type };
}
