import { NatsctlError } from '../../claims/errors.js';
import type { Signer } from '../../claims/keys/signer.js';
import { type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import type { OperatorClaims } from '../../claims/types.js';
import type { Operator } from '../../prisma/generated/client.js';
import type { Custody } from '../custody/custody.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface ServedOperator {
  row: Operator;
  claims: OperatorClaims;
  trusted: TrustedOperators;
}

/** The operator this service serves, as it stands inside the caller's transaction. One service serves one operator. */
export async function servedOperator(tx: Queries): Promise<ServedOperator> {
  const row = await tx.operator.findFirst();
  if (!row) {
    throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_NONE', 'this service serves no operator yet', {
      hint: 'start it by `natsctl up`, or give `natsctl service start` an operator JWT',
    });
  }
  const claims = readStored('operator', row).claims;
  return { row, claims, trusted: trustOperators([claims]) };
}

/** A key in custody that may sign accounts for the operator: a signing key, or its identity key where that may. */
export async function operatorSigner(tx: Queries, custody: Custody, operator: OperatorClaims): Promise<Signer> {
  const candidates = [...operator.nats.signing_keys];
  if (!operator.nats.strict_signing_key_usage) candidates.push(operator.sub);
  for (const key of candidates) {
    const signer = await custody.signer(tx, key);
    if (signer) return signer;
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_OPERATOR_KEY_ABSENT',
    `this service holds no signing key of operator ${operator.name ?? operator.sub}, so it cannot sign account JWTs`,
    {
      hint: 'sign the change where the key is (`natsctl ...`, `nsc ...`) and push it',
      details: { operator: operator.sub },
    },
  );
}
