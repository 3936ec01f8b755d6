import { isPublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims } from '../../claims/types.js';

/** Not signed by an operator yet: made under a managed one, to be handed to whoever runs it. */
export function isSelfSigned({ iss }: Pick<AccountClaims, 'iss'>): boolean {
  return isPublicKey(iss, 'account');
}
