import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { Signer } from '../../claims/keys/signer.js';
import { accountSigners, type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import type { OperatorClaims } from '../../claims/types.js';
import type { Operator } from '../../prisma/generated/client.js';
import type { Custody } from '../custody/custody.js';
import { signerElsewhere } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface ServedOperator {
  row: Operator;
  claims: OperatorClaims;
  trusted: TrustedOperators;
}

/** An operator of this service, as it stands inside the caller's transaction; without a key, the one adopted first. */
export async function servedOperator(tx: Queries, key?: string): Promise<ServedOperator> {
  const where = key === undefined ? {} : { key };
  const row = await tx.operator.findFirst({ where, orderBy: [{ adoptedAt: 'asc' }, { key: 'asc' }] });
  if (!row) throw key === undefined ? operatorNone() : operatorUnknown(key);
  const claims = readStored('operator', row).claims;
  return { row, claims, trusted: trustOperators([claims]) };
}

/** The operator of a request: the one it names, or the only one. */
export async function namedOperator(tx: Queries, id: string | undefined): Promise<ServedOperator> {
  if (id !== undefined) return servedOperator(tx, decodePublicKey(id, 'operator').text);
  if ((await tx.operator.count()) > 1) {
    throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_MISSING', 'this service serves several operators', {
      hint: 'say whose account it is to be: give `operator`',
    });
  }
  return servedOperator(tx);
}

/** Every key that may sign accounts here, and for which operator. */
export async function servedOperators(tx: Queries): Promise<TrustedOperators> {
  const rows = await tx.operator.findMany();
  if (rows.length === 0) throw operatorNone();
  return trustOperators(rows.map((row) => readStored('operator', row).claims));
}

/**
 * A key in custody that may sign accounts for the operator: a signing key, or its identity key where that may. Where there is none:
 * one that refuses to sign, and says what is to be signed elsewhere.
 */
export async function operatorSigner(tx: Queries, custody: Custody, operator: OperatorClaims): Promise<Signer> {
  const held = await heldOperatorSigner(tx, custody, operator);
  if (held) return held;
  return signerElsewhere(tx, 'account', `operator ${operator.name ?? operator.sub}`, accountSigners(operator));
}

/** As `operatorSigner`; null where no such key is held. */
export async function heldOperatorSigner(
  tx: Queries,
  custody: Custody,
  operator: OperatorClaims,
): Promise<Signer | null> {
  for (const key of accountSigners(operator)) {
    const signer = await custody.signer(tx, operator.sub, key);
    if (signer) return signer;
  }
  return null;
}

export function operatorUnknown(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OPERATOR_UNKNOWN', `this service does not serve operator ${key}`);
}

function operatorNone(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OPERATOR_NONE', 'this service serves no operator yet', {
    hint: 'start it by `natsctl up`, or give `natsctl service start` an operator JWT',
  });
}
