import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Decoded, OperatorClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import { fetchOperator } from '../../resolver/http.js';
import { readOperator, writeOperator } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';

export interface PulledOperator {
  /** `ignored`: what the service serves is no newer token of this operator, for the reason given. */
  result: 'unchanged' | 'updated' | 'absent' | 'ignored';
  message?: string;
}

/** Takes a newer token of the same operator, signed by one of the keys it is known by here. */
export async function pullOperator(
  workspace: Workspace,
  service: string,
  { dryRun = false, timeoutMs }: { dryRun?: boolean; timeoutMs?: number | undefined } = {},
): Promise<PulledOperator> {
  let theirs: Decoded<OperatorClaims>;
  try {
    const held = await fetchOperator(service, timeoutMs === undefined ? {} : { timeoutMs });
    if (held === null) return { result: 'absent' };
    theirs = decodeAs('operator', held.token);
  } catch (error) {
    // Accounts can be pulled without it: a plain account server has none.
    if (!isNatsctlError(error)) throw error;
    return { result: 'ignored', message: error.message };
  }
  return changing(workspace, async () => {
    const ours = await readOperator(workspace.store);
    if (ours.token === theirs.token) return { result: 'unchanged' };
    const refusal = whyNot(ours.claims, theirs.claims, workspace.now);
    if (refusal !== null) return { result: 'ignored', message: refusal };
    if (!dryRun) await writeOperator(workspace.store, theirs.token);
    return { result: 'updated' };
  });
}

function whyNot(ours: OperatorClaims, theirs: OperatorClaims, now: number): string | null {
  if (theirs.sub !== ours.sub) return `the service serves another operator, ${theirs.sub}`;
  if (![ours.sub, ...ours.nats.signing_keys].includes(theirs.iss)) {
    return `it is signed by ${theirs.iss}, which is no key of the operator as known here`;
  }
  if (theirs.iat <= ours.iat) return 'it is not newer than the local one';
  const problem = validate(theirs, now).find((issue) => issue.level !== 'warning');
  return problem ? problem.message : null;
}
