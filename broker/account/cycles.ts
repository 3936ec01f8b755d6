import { NatsctlError } from '../../claims/errors.js';
import { overlaps } from '../../claims/subject/match.js';
import type { ExportType } from '../../claims/types.js';
import { MAX_IMPORT_SEARCH } from '../limits.js';
import type { Account } from './account.js';

/**
 * Refuses an import through which a message could come back to where it started (CVE-2020-28466, CVE-2022-42709): from the
 * exporter on, every import whose local subject overlaps what would be taken is followed.
 *
 * @throws ERR_IMPORT_CYCLE
 */
export function refuseCycle(
  importer: Account,
  type: ExportType,
  local: string,
  exporter: Account,
  remote: string,
): void {
  const open: { account: Account; subject: string }[] = [{ account: exporter, subject: remote }];
  const seen = new Set<string>();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { account, subject } = at;
    if (account === importer && overlaps(subject, local)) throw cycle(importer, exporter, 'import forms a cycle');
    const key = `${account.id} ${subject}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_IMPORT_SEARCH) throw cycle(importer, exporter, 'search cycle depth exhausted');
    const imports = type === 'stream' ? account.streamImports : account.serviceImports;
    for (const each of imports) {
      if (overlaps(each.local, subject)) open.push({ account: each.exporter, subject: each.remote });
    }
  }
}

function cycle(importer: Account, exporter: Account, message: string): NatsctlError {
  return new NatsctlError('ERR_IMPORT_CYCLE', `${message}: account ${importer.id} from ${exporter.id}`, {
    hint: 'remove the import that leads back',
  });
}
