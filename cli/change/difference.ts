import { payloadJson } from '../../claims/jwt/encode.js';
import type { AccountClaims, ActivationClaims, ClaimKind, OperatorClaims, UserClaims } from '../../claims/types.js';

/** One claim that a change touches, as it stands on the wire. Absent = not there. */
export interface Difference {
  /** JSON pointer into the payload. */
  path: string;
  before?: unknown;
  after?: unknown;
}

export type ChangeableClaims = OperatorClaims | AccountClaims | UserClaims | ActivationClaims;

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

/**
 * As `differences`, but exports, imports and signing keys one by one: each is named by what it is (`/nats/exports/orders.> stream`),
 * not by its place in a list, which changes with every other one.
 */
export function differencesByEntry(
  kind: ClaimKind,
  before: ChangeableClaims | null,
  after: ChangeableClaims | null,
): Difference[] {
  const unsigned = (claims: ChangeableClaims) => payloadJson(kind, { ...claims, iss: '', iat: 0, jti: '' });
  // What is the same as a whole, as nearly all is, need not be taken apart.
  if (before !== null && after !== null && unsigned(before) === unsigned(after)) return [];
  const found: Difference[] = [];
  compare(byEntry(wire(kind, before)), byEntry(wire(kind, after)), '', found);
  return found;
}

/** Lists of an account's payload, and what tells their entries apart. */
const ENTRIES: Record<string, (entry: Record<string, unknown>) => unknown[]> = {
  exports: ({ subject, type }) => [subject, type],
  imports: ({ subject, type, account, local_subject, to }) => [subject, type, account, local_subject ?? to],
  signing_keys: ({ key }) => [key],
};

function byEntry(payload: unknown): unknown {
  if (!isObject(payload) || !isObject(payload.nats) || payload.nats.type !== 'account') return payload;
  const nats = { ...payload.nats };
  for (const [list, parts] of Object.entries(ENTRIES)) {
    const entries = nats[list];
    if (!Array.isArray(entries)) continue;
    const named: Record<string, unknown> = Object.create(null);
    for (const entry of entries as unknown[]) {
      const name = (isObject(entry) ? parts(entry) : [entry]).filter((part) => part !== undefined).join(' ');
      let unique = name;
      for (let count = 2; unique in named; count++) unique = `${name} (${count})`;
      named[unique] = entry;
    }
    nats[list] = named;
  }
  return { ...payload, nats };
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
