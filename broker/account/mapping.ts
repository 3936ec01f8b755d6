import { compileMappings } from '../../claims/mapping/mapping.js';
import { type Logger, printable } from '../log.js';
import { fromWire, toWire } from '../protocol/text.js';
import type { Account, SubjectMapping } from './account.js';

/**
 * The mappings of the account's claims; null when there is nothing to map. One at fault is left out and logged, the others
 * hold, as at nats-server (accounts.go `AddWeightedMappings` of `updateAccountClaimsWithRefresh`).
 */
export function compileMapping(account: Account, cluster: string, log: Logger): SubjectMapping | null {
  const { mappings } = account.verified.claims.nats;
  if (mappings.size === 0) return null;
  const compiled = compileMappings(mappings, {
    onFault: ({ code, message }) =>
      log.warn({ code, account: account.id, detail: printable(message) }, 'mapping left out'),
  });
  const context = { random: Math.random, cluster };
  return (subject) => {
    const result = compiled.apply(fromWire(subject), context);
    return result === null ? null : toWire(result);
  };
}
