import { compileMappings } from '../../claims/mapping/mapping.js';
import type { WeightedMapping } from '../../claims/types.js';
import { fromWire, toWire } from '../protocol/text.js';
import type { SubjectMapping } from './account.js';

/** Null when there is nothing to map. */
export function compileMapping(mappings: Map<string, WeightedMapping[]>): SubjectMapping | null {
  if (mappings.size === 0) return null;
  const compiled = compileMappings(mappings);
  return (subject) => {
    const result = compiled.apply(fromWire(subject), { random: Math.random });
    return result === null ? null : toWire(result);
  };
}
