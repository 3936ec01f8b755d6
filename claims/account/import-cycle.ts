import { isNatsctlError } from '../errors.js';
import { importTransform } from '../mapping/import-transform.js';
import { overlaps } from '../subject/match.js';
import type { Import } from '../types.js';

/** Accounts walked by one search (nats-server `MaxAccountCycleSearchDepth`); what is deeper is taken for a cycle there. */
const MAX_SEARCH = 1_024;

/**
 * The accounts through which a message that comes by this import would come back to the importer, or null: from the exporter
 * on, every import of the same kind whose local subject overlaps what would be taken is followed. Servers refuse such an
 * import (CVE-2020-28466, CVE-2022-42709).
 *
 * @param importsOf imports of an account, none where it is not known
 * @returns public keys from the exporter to the importer
 */
export function importCycle(
  importer: string,
  imp: Import,
  importsOf: (account: string) => readonly Import[],
): string[] | null {
  const start = sides(imp);
  if (start === null) return null;
  const open = [{ subject: start.remote, path: [imp.account] }];
  const seen = new Set<string>();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const account = at.path[at.path.length - 1] as string;
    if (account === importer && overlaps(at.subject, start.local)) return at.path;
    const key = `${account} ${at.subject}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_SEARCH) return at.path;
    for (const next of importsOf(account)) {
      const side = next.type === imp.type ? sides(next) : null;
      if (side !== null && overlaps(side.local, at.subject)) {
        open.push({ subject: side.remote, path: [...at.path, next.account] });
      }
    }
  }
  return null;
}

/** Null where it cannot be read: then no server uses it. */
function sides(imp: Import): { local: string; remote: string } | null {
  try {
    return importTransform(imp);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}
