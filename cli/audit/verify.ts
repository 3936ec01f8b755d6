import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ChainedEntry } from '../../claims/audit/chain.js';
import { type Checkpoint, parseCheckpoint } from '../../claims/audit/checkpoint.js';
import { readExport } from '../../claims/audit/export.js';
import { type AuditVerdict, verifyAudit } from '../../claims/audit/verify.js';
import { getLines, type RestOptions } from '../../resolver/rest.js';
import { cliError } from '../errors.js';
import { readInput } from '../source.js';
import { ioError, systemCode } from '../store/errors.js';
import { serviceFault } from '../sync/service-url.js';

export interface AuditJudgement extends AuditVerdict {
  whole: boolean;
  /** The file or the service. */
  source: string;
  /** Who signed the end; null where nothing did. */
  publicKey: string | null;
  /** Number of the entry that the checkpoint kept was made over; null where none was given. */
  checkpoint: number | null;
}

export interface AuditTrust {
  /** File with a checkpoint from earlier, or with an earlier export, whose end is one. */
  checkpoint?: string | undefined;
  /** Of the service's audit, as it is known from elsewhere. */
  publicKey?: string | undefined;
}

/** A checkpoint is a line; of an export, which has no bound, only the last one is kept. */
const MAX_CHECKPOINT_BYTES = 4_096;

/** Computes every hash anew here: of an export, or of what the service tells, whose own word counts for nothing. */
export async function verifyAuditOf(source: string | RestOptions, trust: AuditTrust): Promise<AuditJudgement> {
  const kept = trust.checkpoint === undefined ? undefined : await readCheckpoint(trust.checkpoint);
  const name = typeof source === 'string' ? source : source.base;
  let end: Checkpoint | null = null;
  const entries = async function* (): AsyncGenerator<ChainedEntry> {
    const lines = typeof source === 'string' ? fileLines(source) : await getLines(source, 'GET /audit/export');
    end = yield* readExport(lines);
  };
  try {
    const proof = { publicKey: trust.publicKey, end: () => end, kept };
    const verdict = await verifyAudit(entries(), proof);
    const publicKey = (end as Checkpoint | null)?.publicKey ?? null;
    return { whole: verdict.faults.length === 0, source: name, ...verdict, publicKey, checkpoint: kept?.seq ?? null };
  } catch (error) {
    throw serviceFault(error);
  }
}

async function readCheckpoint(file: string): Promise<Checkpoint> {
  let last = '';
  if (file === '-') last = (await readInput(file, { maxBytes: MAX_CHECKPOINT_BYTES })).toString('utf8').trim();
  else for await (const line of fileLines(file)) last = line === '' ? last : line;
  const checkpoint = parseCheckpoint(last) ?? parseCheckpoint(JSON.stringify(innerOf(last)));
  if (checkpoint !== null) return checkpoint;
  throw cliError('ERR_SOURCE', `${file} holds no checkpoint of an audit`, {
    hint: 'give what `GET /api/v1/audit/checkpoint` answered, or an earlier export',
    details: { file },
  });
}

function innerOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { checkpoint?: unknown } | null)?.checkpoint ?? null;
  } catch {
    return null;
  }
}

async function* fileLines(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw cliError('ERR_SOURCE', `there is no file ${file}`, { details: { file }, cause: error });
    }
    throw systemCode(error) === undefined ? error : ioError(error, 'read', file);
  }
}
