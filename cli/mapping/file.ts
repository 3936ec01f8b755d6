import { LineCounter, parseDocument } from 'yaml';
import type { WeightedMapping } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { readInput } from '../source.js';

const MAX_FILE_BYTES = 1 << 20;

/** Subjects and where each goes, as a file says it. */
export type MappingsOfFile = Map<string, WeightedMapping[]>;

/**
 * Reads mappings from YAML or JSON, as `nats auth account mappings add --config` takes them:
 *
 *     orders.*:
 *       - subject: new.{{wildcard(1)}}
 *         weight: 60
 *         cluster: east
 *
 * @param file `-` is stdin
 */
export async function readMappings(file: string): Promise<MappingsOfFile> {
  return parseMappings((await readInput(file, { maxBytes: MAX_FILE_BYTES })).toString('utf8'), file);
}

export function parseMappings(text: string, file: string): MappingsOfFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, prettyErrors: false });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw refused(file, `line ${line}, column ${col}: ${fault.message}`);
  }
  const value = plainValue(document, file);
  if (!(value instanceof Map) || value.size === 0) throw refused(file, 'it holds no mappings');
  return new Map(
    [...value].map(([from, list]) => [subjectOf(from, 'a subject that is mapped', file), entries(from, list, file)]),
  );
}

/** Anchors have no use here, and a few of them can stand for millions of values. */
function plainValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ mapAsMap: true, maxAliasCount: 0 });
  } catch (error) {
    throw refused(file, error instanceof Error ? error.message : String(error));
  }
}

function entries(from: unknown, list: unknown, file: string): WeightedMapping[] {
  if (!Array.isArray(list) || list.length === 0) throw refused(file, `${from}: a list of destinations is needed`);
  return list.map((entry, at): WeightedMapping => {
    const where = `${from}[${at}]`;
    if (!(entry instanceof Map)) throw refused(file, `${where}: subject, weight and cluster are needed`);
    for (const key of entry.keys()) {
      if (!['subject', 'weight', 'cluster'].includes(String(key))) throw refused(file, `${where}: there is no ${key}`);
    }
    const [weight, cluster] = [entry.get('weight') ?? undefined, entry.get('cluster') ?? undefined];
    if (weight !== undefined && !(Number.isInteger(weight) && weight >= 1 && weight <= 100)) {
      throw refused(file, `${where}: weight is a whole number from 1 to 100`);
    }
    if (cluster !== undefined && typeof cluster !== 'string') throw refused(file, `${where}: cluster is a name`);
    return {
      subject: subjectOf(entry.get('subject'), `${where}: subject`, file),
      ...(weight !== undefined && { weight }),
      ...(cluster && { cluster }),
    };
  });
}

function subjectOf(value: unknown, what: string, file: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw refused(file, `${what} must be a text`);
}

function refused(file: string, message: string) {
  return cliError('ERR_MAPPING_FILE', `${file === '-' ? 'stdin' : file}: ${message}`, {
    hint: "write `'orders.*': [{subject: 'new.{{wildcard(1)}}', weight: 60, cluster: east}]`, in YAML or JSON",
    details: { file },
  });
}
