import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';
import type { SealedKeyKind } from './custody.js';

/**
 * Which private keys of an operator and its accounts may be kept here: none at all; a key of the operator, so that the service
 * signs accounts but no users; or those of accounts as well.
 */
export const CUSTODY_MODES = ['none', 'operator-signing-key', 'accounts'] as const;
export type CustodyMode = (typeof CUSTODY_MODES)[number];

/** The kinds that each mode keeps. */
const KEPT: Record<CustodyMode, readonly SealedKeyKind[]> = {
  none: [],
  'operator-signing-key': ['operator'],
  accounts: ['operator', 'account', 'account-signing'],
};

export function mayKeep(mode: string, kind: SealedKeyKind): boolean {
  return KEPT[mode as CustodyMode]?.includes(kind) ?? false;
}

/** @throws NatsctlError ERR_CUSTODY_MODE where the operator's mode does not let a key of this kind be kept for this owner */
export async function requireMayKeep(tx: Queries, kind: SealedKeyKind, owner: string): Promise<void> {
  const select = { key: true, name: true, custody: true };
  const operator =
    kind === 'operator'
      ? await tx.operator.findUnique({ where: { key: owner }, select })
      : (await tx.account.findUnique({ where: { key: owner }, select: { operator: { select } } }))?.operator;
  if (!operator || mayKeep(operator.custody, kind)) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_CUSTODY_MODE',
    `the service keeps no such key for operator ${operator.name}: its custody is ${operator.custody}`,
    {
      hint: 'keep the key elsewhere and give `publicKey`, or change the custody of the operator (PATCH)',
      details: { operator: operator.key, custody: operator.custody },
    },
  );
}
