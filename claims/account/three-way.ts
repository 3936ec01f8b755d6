/**
 * Three-way merging of values, lists that are sets, and maps. What only one side changed since the common base is taken
 * from that side; what both changed to the same is that; anything else is a conflict, and theirs stands until somebody
 * decides. Without a base nothing counts as deleted: collections are united, values that differ conflict.
 */

export interface Conflict {
  /** JSON pointer into the claims. */
  path: string;
  /** Undefined where that side does not have it. */
  ours: unknown;
  theirs: unknown;
}

/** The value at the common base; null where there is no base to compare with. */
export type Base<T> = { value: T } | null;

export function mergeValue<T>(conflicts: Conflict[], path: string, base: Base<T>, ours: T, theirs: T): T {
  if (same(ours, theirs)) return theirs;
  if (base !== null && same(ours, base.value)) return theirs;
  if (base !== null && same(theirs, base.value)) return ours;
  conflicts.push({ path, ours, theirs });
  return theirs;
}

/** Merges the named fields one by one; the others are theirs. */
export function mergeFields<T extends object>(
  conflicts: Conflict[],
  path: string,
  base: T | null,
  ours: T,
  theirs: T,
  fields: readonly (keyof T & string)[],
): T {
  const merged = { ...theirs };
  for (const field of fields) {
    const value = mergeValue(conflicts, at(path, field), base && { value: base[field] }, ours[field], theirs[field]);
    if (value === undefined) delete merged[field];
    else merged[field] = value;
  }
  return merged;
}

/** Merges by key. An entry one side deleted and the other changed is a conflict. */
export function mergeMap<V>(
  conflicts: Conflict[],
  path: string,
  base: ReadonlyMap<string, V> | undefined,
  ours: ReadonlyMap<string, V>,
  theirs: ReadonlyMap<string, V>,
  mergeEntry: (path: string, base: Base<V>, ours: V, theirs: V) => V = (entryPath, b, o, t) =>
    mergeValue(conflicts, entryPath, b, o, t),
): Map<string, V> {
  const merged = new Map<string, V>();
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const entryPath = at(path, key);
    const o = entryOf(ours, key);
    const t = entryOf(theirs, key);
    const b = entryOf(base, key);
    if (o !== null && t !== null) merged.set(key, mergeEntry(entryPath, b, o.value, t.value));
    else if (b === null) merged.set(key, (o ?? t)?.value as V);
    else if (t !== null) {
      // We deleted it: that stands if they left it as it was.
      if (!same(t.value, b.value)) {
        conflicts.push({ path: entryPath, ours: undefined, theirs: t.value });
        merged.set(key, t.value);
      }
    } else if (o !== null && !same(o.value, b.value)) {
      conflicts.push({ path: entryPath, ours: o.value, theirs: undefined });
    }
  }
  return merged;
}

/**
 * Merges lists whose order does not matter. Where `emptyMeansMore` an empty list grants more than any other (an empty allow
 * list allows everything): going from or to empty is then one change of the whole list, and a list that only merging
 * emptied is a conflict.
 */
export function mergeSet<T extends string>(
  conflicts: Conflict[],
  path: string,
  base: readonly T[] | undefined,
  ours: readonly T[],
  theirs: readonly T[],
  options: { emptyMeansMore?: boolean } = {},
): T[] {
  if (options.emptyMeansMore && base !== undefined && (ours.length === 0) !== (theirs.length === 0)) {
    const [b, o, t] = [base, ours, theirs].map((list) => [...list].sort()) as [T[], T[], T[]];
    return [...(mergeValue(conflicts, path, { value: b }, o, t) === t ? theirs : ours)];
  }
  const inBase = new Set(base);
  const inOurs = new Set(ours);
  const inTheirs = new Set(theirs);
  const kept = theirs.filter((item) => inOurs.has(item) || !inBase.has(item));
  const added = ours.filter((item) => !inTheirs.has(item) && !inBase.has(item));
  const merged = [...kept, ...new Set(added)];
  if (options.emptyMeansMore && merged.length === 0 && theirs.length > 0) {
    conflicts.push({ path, ours, theirs });
    return [...theirs];
  }
  return merged;
}

/** Path of a member: JSON pointer, RFC 6901. */
export function at(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Equal as data: maps, lists and objects by content; an absent field, 0, false and the empty text are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (isUnset(a) && isUnset(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => b.has(key) && same(value, b.get(key)));
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!(Array.isArray(a) && Array.isArray(b)) || a.length !== b.length) return false;
    return a.every((item, i) => same(item, b[i]));
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same(Reflect.get(a, key), Reflect.get(b, key)));
}

/** What Go leaves out of a token, so that no reader can tell it from absent. */
function isUnset(value: unknown): boolean {
  return value === undefined || value === 0 || value === false || value === '';
}

function entryOf<V>(map: ReadonlyMap<string, V> | undefined, key: string): Base<V> {
  return map?.has(key) ? { value: map.get(key) as V } : null;
}
