import type { AccountClaims, Export, ExportType } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { coveringExports } from '../export/find.js';

/** What an account of this store exports to an importer who asks for a subject. */
export interface Match {
  export: Export;
  /** The subject asked for, with the importer's key where the export asks for it. */
  subject: string;
  /** What it is called in the importing account unless said otherwise: without that key. */
  local: string | undefined;
}

/**
 * The export that serves an import of `subject`. Where the export wants the importing account's key in the subject, a `*` there
 * is filled with it.
 *
 * @throws ERR_IMPORT_UNMATCHED, ERR_EXPORT_AMBIGUOUS
 */
export function matchExport(
  exporter: { name: string; claims: AccountClaims },
  importer: string,
  subject: string,
  type: ExportType | undefined,
): Match {
  const found = coveringExports(exporter.claims, subject, type);
  const [first, second] = found;
  if (first === undefined) throw unmatched(exporter, subject, type);
  if (second !== undefined && second.type !== first.type) {
    throw cliError('ERR_EXPORT_AMBIGUOUS', `account ${exporter.name} exports ${subject} as a stream and as a service`, {
      hint: 'say which with --type',
      details: { account: exporter.name, subject },
    });
  }
  const position = first.account_token_position ?? 0;
  if (position === 0) return { export: first, subject, local: undefined };
  const tokens = subject.split('.');
  const named = tokens[position - 1];
  if (named !== '*' && named !== importer) {
    throw cliError(
      'ERR_IMPORT_UNMATCHED',
      `account ${exporter.name} wants the key of the importing account as token ${position} of ${subject}`,
      { hint: `write * or ${importer} there`, details: { subject, position } },
    );
  }
  const filled = tokens.with(position - 1, importer);
  const local = named === '*' ? tokens.toSpliced(position - 1, 1).join('.') : '';
  return { export: first, subject: filled.join('.'), local: local === '' ? undefined : local };
}

function unmatched(exporter: { name: string; claims: AccountClaims }, subject: string, type?: ExportType): Error {
  const { exports } = exporter.claims.nats;
  const known = exports.map((one) => `${one.subject} (${one.type})`).join(', ');
  const other = type !== undefined && coveringExports(exporter.claims, subject).length > 0;
  return cliError(
    'ERR_IMPORT_UNMATCHED',
    `account ${exporter.name} does not export ${subject}${other ? ` as a ${type}` : ''}: servers would leave the import out`,
    {
      hint: `${known === '' ? 'it exports nothing' : `it exports: ${known}`}; --unmatched imports it all the same`,
      details: { account: exporter.name, subject },
    },
  );
}
