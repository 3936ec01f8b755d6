/** Does an import work? Asked from the JWTs alone, as a server asks when it links accounts. */
import { isNatsctlError, NatsctlError } from '../errors.js';
import { type ImportTransform, importTransform } from '../mapping/import-transform.js';
import { overlaps } from '../subject/match.js';
import type { VerifiedAccount } from '../trust/account.js';
import { allowingExport } from '../trust/export.js';
import type { AccountClaims, Export, Import } from '../types.js';
import type { Realm } from './realm.js';

export type ImportErrorCode = 'ERR_IMPORT_CYCLE' | 'ERR_IMPORT_DUPLICATE' | 'ERR_ACCOUNT_UNKNOWN';

export type ImportVerdict =
  | { works: true; claim: Import; subjects: ImportTransform; exporter: VerifiedAccount; export: Export }
  | {
      works: false;
      claim: Import;
      /** The exporting account is not known here: only who has it can tell. */
      unknown: boolean;
      error: NatsctlError;
      subjects?: ImportTransform;
    };

/** How many accounts a search for cycles visits; nats-server's own bound. */
const MAX_SEARCH = 1_024;

export function judgeImport(importer: AccountClaims, claim: Import, realm: Realm): ImportVerdict {
  let subjects: ImportTransform | undefined;
  try {
    subjects = transformOf(claim);
    const exporter = realm.verified(claim.account);
    const found = allowingExport(exporter, importer.sub, claim, subjects.remote, realm.now);
    refuseDuplicate(importer, claim, subjects);
    const cycle = importCycle(importer, claim, subjects, realm);
    if (cycle !== null) throw cycleFault(claim, cycle);
    return { works: true, claim, subjects, exporter, export: found };
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    const unknown = realm.find(claim.account) === undefined && error.code === 'ERR_ACCOUNT_UNKNOWN';
    return { works: false, claim, unknown, error, ...(subjects && { subjects }) };
  }
}

/** Of two imports that servers take for the same, the first holds. */
function refuseDuplicate(importer: AccountClaims, claim: Import, { local, remote }: ImportTransform): void {
  for (const other of importer.nats.imports) {
    if (other === claim) return;
    if (other.type !== claim.type || other.account !== claim.account) continue;
    const subjects = subjectsOf(other);
    const same = claim.type === 'stream' ? subjects?.remote === remote : subjects?.local === local;
    if (!same) continue;
    throw new NatsctlError<ImportErrorCode>(
      'ERR_IMPORT_DUPLICATE',
      `the ${claim.type} ${JSON.stringify(claim.subject)} is imported twice from ${claim.account}`,
      { hint: 'delete one of the two imports' },
    );
  }
}

/**
 * The accounts through which a message taken by this import could come back to where it started (CVE-2020-28466,
 * CVE-2022-42709), or null. Servers link imports one after the other and leave out the one that closes the circle.
 */
export function importCycle(
  importer: AccountClaims,
  claim: Import,
  { local, remote }: ImportTransform,
  realm: Realm,
): string[] | null {
  const open = [{ id: claim.account, subject: remote, way: [importer.sub, claim.account] }];
  const seen = new Set<string>();
  for (let at = open.pop(); at !== undefined && seen.size < MAX_SEARCH; at = open.pop()) {
    const { id, subject, way } = at;
    if (id === importer.sub && overlaps(subject, local)) return way;
    const key = `${id} ${subject}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const each of realm.find(id)?.claims.nats.imports ?? []) {
      if (each.type !== claim.type) continue;
      const subjects = subjectsOf(each);
      if (subjects === null || !overlaps(subjects.local, subject)) continue;
      open.push({ id: each.account, subject: subjects.remote, way: [...way, each.account] });
    }
  }
  return null;
}

const transforms = new WeakMap<Import, ImportTransform>();

/** Read once of each import of a JWT: it is compared with all the others, and an account may have thousands. */
function transformOf(claim: Import): ImportTransform {
  const known = transforms.get(claim) ?? importTransform(claim);
  transforms.set(claim, known);
  return known;
}

/** The two sides of an import, null where they cannot be read. */
export function subjectsOf(claim: Import): ImportTransform | null {
  try {
    return transformOf(claim);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}

function cycleFault(claim: Import, way: string[]): NatsctlError<ImportErrorCode> {
  return new NatsctlError(
    'ERR_IMPORT_CYCLE',
    `the import of the ${claim.type} ${JSON.stringify(claim.subject)} leads in a circle: ${way.join(' -> ')}`,
    { hint: 'remove the import that leads back; servers leave one of them out', details: { way } },
  );
}
