import { compileTransform, numberWildcards, type Transform } from '../subject/transform.js';
import type { Import } from '../types.js';

/** The two sides of an import: subjects of the importing account and of the exporting one. */
export interface ImportTransform {
  /** The exporter's subject, as a pattern. */
  remote: string;
  /** The importer's subject, as a pattern. */
  local: string;
  /** From the exporter's subjects to the importer's: the messages of a stream. */
  toLocal: Transform;
  /** From the importer's subjects to the exporter's: requests of a service, subscriptions to a stream. */
  toRemote: Transform;
}

/**
 * Reads the subjects of an import, in the current form (`local_subject`) and the deprecated one (`to`: the exporter's
 * subject of a service, the prefix of a stream). The rewriting is strict: every wildcard is used exactly once.
 *
 * @throws ERR_TRANSFORM_INVALID
 */
export function importTransform(imp: Import): ImportTransform {
  const { remote, local } = importSubjects(imp);
  const toLocal = compileTransform(remote, numberWildcards(local), { strict: true });
  // Strict transforms have a way back.
  const toRemote = toLocal.reverse?.() ?? toLocal;
  return { remote, local: toRemote.from, toLocal, toRemote };
}

function importSubjects(imp: Import): { remote: string; local: string } {
  if (imp.local_subject) return { remote: imp.subject, local: imp.local_subject };
  if (!imp.to) return { remote: imp.subject, local: imp.subject };
  if (imp.type === 'service') return { remote: imp.to, local: imp.subject };
  return { remote: imp.subject, local: `${imp.to.replace(/\.$/, '')}.${imp.subject}` };
}
