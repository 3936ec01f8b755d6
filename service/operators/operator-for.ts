import { decodePublicKey } from '../../claims/keys/nkey.js';
import { type Caller, hasRight, reach, requireRight } from '../auth/rights.js';
import type { Queries } from '../store/open.js';
import { namedOperator, operatorUnknown } from './served-operator.js';

/** Whose account a caller makes: the operator named, or the only one the caller knows of. */
export async function operatorFor(db: Queries, caller: Caller, wanted: string | undefined): Promise<string> {
  const { operators, everything } = reach(caller, 'read');
  const named = wanted ?? (everything || operators.length !== 1 ? undefined : operators[0]);
  if (named !== undefined && !hasRight(caller, 'read', { operator: named })) {
    throw operatorUnknown(decodePublicKey(named, 'operator').text);
  }
  if (named === undefined && !everything) requireRight(caller, 'manage', {});
  const { row } = await namedOperator(db, named);
  requireRight(caller, 'manage', { operator: row.key });
  return row.key;
}
