/** Which keys may sign accounts: those of the operators that this installation was told to trust. */
import { decodePublicKey, isPublicKey } from '../keys/nkey.js';
import type { OperatorClaims } from '../types.js';
import { trustError } from './errors.js';

export interface TrustedKey {
  operator: OperatorClaims;
  /** The operator demands signing keys: below, accounts' identity keys do not sign users either. */
  strict: boolean;
}

export interface TrustedOperators {
  readonly operators: readonly OperatorClaims[];
  /** By public key: each operator's signing keys and, unless it is strict, its identity key. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
}

/** Keys of an operator that may sign accounts, signing keys first: where it demands those, its identity key signs none. */
export function accountSigners({ sub, nats }: Pick<OperatorClaims, 'sub' | 'nats'>): string[] {
  return [...nats.signing_keys, ...(nats.strict_signing_key_usage === true ? [] : [sub])];
}

/**
 * Collects the trusted keys. Expiry of operators is not asked for, as nats-server does not.
 *
 * @throws NatsctlError ERR_OPERATOR_INVALID, ERR_OPERATOR_ISSUER, ERR_OPERATOR_DUPLICATE
 */
export function trustOperators(operators: readonly OperatorClaims[]): TrustedOperators {
  const keys = new Map<string, TrustedKey>();
  const seen = new Set<string>();
  for (const operator of operators) {
    const { sub, iss, nats } = operator;
    decodePublicKey(sub, 'operator');
    if (seen.has(sub)) {
      throw trustError('ERR_OPERATOR_DUPLICATE', `the operator ${sub} is configured twice`, {
        hint: 'keep its newest JWT only: an older one may name signing keys that were taken out',
      });
    }
    seen.add(sub);
    const bad = nats.signing_keys.find((key) => !isPublicKey(key, 'operator'));
    if (bad !== undefined)
      throw trustError('ERR_OPERATOR_INVALID', `the operator ${sub} lists a signing key that is no operator key`);
    if (iss !== sub && !nats.signing_keys.includes(iss)) {
      throw trustError(
        'ERR_OPERATOR_ISSUER',
        `the operator ${sub} is signed by ${iss}, which is neither itself nor one of its signing keys`,
      );
    }
    const strict = nats.strict_signing_key_usage === true;
    for (const key of accountSigners(operator)) {
      const known = keys.get(key);
      keys.set(key, { operator: known?.operator ?? operator, strict: strict || (known?.strict ?? false) });
    }
  }
  return { operators: [...operators], keys };
}
