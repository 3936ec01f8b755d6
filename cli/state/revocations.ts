import { droppedRevocations, EVERYONE, type Revocation } from '../../claims/account/revocation.js';

export interface MergedRevocations {
  revocations: Map<string, number>;
  /** Lost: whoever they shut out could come in again. */
  dropped: Revocation[];
}

/**
 * The revocations that a file asks for, with those of the store that are of nobody it names: somebody was deleted, and what
 * the store has and the file has not is left alone. One of somebody it names is lost, which only happens where it is forced.
 */
export function mergeRevocations(
  before: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>,
  isNamed: (key: string) => boolean,
  force: boolean,
): MergedRevocations {
  const revocations = new Map(wanted);
  const dropped: Revocation[] = [];
  for (const one of droppedRevocations(before, wanted)) {
    if (force || one.user === EVERYONE || isNamed(one.user) || wanted.has(one.user)) dropped.push(one);
    else revocations.set(one.user, one.at);
  }
  return { revocations, dropped };
}
