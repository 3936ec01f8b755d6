import { payloadJson } from '../../claims/jwt/encode.js';
import type { AccountClaims, ClaimKind, OperatorClaims, UserClaims } from '../../claims/types.js';

/** One claim that a change touches, as it stands on the wire. Absent = not there. */
export interface Difference {
  /** JSON pointer into the payload. */
  path: string;
  before?: unknown;
  after?: unknown;
}

export type ChangeableClaims = OperatorClaims | AccountClaims | UserClaims;

/** Set anew by every signature: never a difference of their own. */
const OF_THE_SIGNATURE = new Set(['iat', 'jti', 'iss']);

/** What differs between two versions of an entity, claim by claim, in the order of the payload. */
export function differences(
  kind: ClaimKind,
  before: ChangeableClaims | null,
  after: ChangeableClaims | null,
): Difference[] {
  const found: Difference[] = [];
  compare(wire(kind, before), wire(kind, after), '', found);
  return found;
}

function wire(kind: ClaimKind, claims: ChangeableClaims | null): unknown {
  if (claims === null) return undefined;
  const payload = JSON.parse(payloadJson(kind, claims)) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !OF_THE_SIGNATURE.has(name)));
}

function compare(before: unknown, after: unknown, path: string, found: Difference[]): void {
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[name], after[name], `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, found);
    }
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push({ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
