/** A plan to be applied later, by somebody who looked at it: the file it was made of, and what the store was then. */
import { NatsctlError } from '../../claims/errors.js';
import { parseStrictJson } from '../../claims/jwt/json.js';
import { toJson } from '../output/json.js';
import { readInput } from '../source.js';
import { stateError } from './errors.js';
import { MAX_STATE_BYTES } from './read.js';
import type { PlanReport } from './show.js';

const VERSION = 'natsctl/plan-v1';

export interface SavedPlan {
  fingerprint: string;
  prune: boolean;
  force: boolean;
  unmatched: boolean;
  /** Text of the state file. */
  state: string;
}

/** `report` is for whoever reads it; applying looks at the rest. */
export function savedPlanText(plan: SavedPlan, report: PlanReport): string {
  return `${toJson({ plan: VERSION, ...plan, report }, 1)}\n`;
}

export async function readSavedPlan(file: string): Promise<SavedPlan> {
  const text = (await readInput(file, { maxBytes: 4 * MAX_STATE_BYTES })).toString('utf8');
  const read = parsed(text, file);
  const { plan, fingerprint, prune, force, unmatched, state } = read;
  if (
    plan !== VERSION ||
    typeof fingerprint !== 'string' ||
    typeof state !== 'string' ||
    typeof prune !== 'boolean' ||
    typeof force !== 'boolean' ||
    typeof unmatched !== 'boolean'
  ) {
    throw invalid(file);
  }
  return { fingerprint, prune, force, unmatched, state };
}

function parsed(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = parseStrictJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof NatsctlError)) throw error;
  }
  throw invalid(file);
}

function invalid(file: string): Error {
  return stateError('ERR_PLAN_FILE', `${file} is no plan of this version of natsctl`, {
    hint: 'make one with `natsctl plan FILE --out PLAN`',
    details: { file },
  });
}
