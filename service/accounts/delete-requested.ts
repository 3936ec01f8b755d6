import { isNatsctlError } from '../../claims/errors.js';
import { verifyDeletion } from '../../claims/trust/deletion.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { removeAccount } from './delete-account.js';

export interface DeletionRequest {
  /** The signed request as received. */
  request: string;
  /** Whose accounts may be deleted by it. */
  operator: string;
}

export interface RequestedDeletions {
  /** As nats-server counts: accounts that were not there are deleted too. */
  deleted: number;
  refused: { text: string; first: unknown } | null;
}

/**
 * Deletes the accounts that an operator key asks to delete. The guards hold here as over HTTP, unforced: an account that is
 * in use stays, and is announced again to the servers that let it go.
 */
export async function deleteRequested(
  service: Service,
  { request, operator }: DeletionRequest,
): Promise<RequestedDeletions> {
  const { trusted } = await servedOperator(service.store.db, operator);
  const { accounts, issuer } = verifyDeletion(request, trusted, service.now());
  let deleted = 0;
  const failures: unknown[] = [];
  for (const id of accounts) {
    try {
      const held = await service.store.db.account.findUnique({ where: { key: id }, select: { operatorKey: true } });
      if (held?.operatorKey === operator) {
        await removeAccount(service, { id, forced: false, actor: `signer:${issuer}`, request });
      }
      deleted++;
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      failures.push(error);
    }
  }
  return {
    deleted,
    refused: failures.length > 0 ? { text: `failed for ${failures.length}`, first: failures[0] } : null,
  };
}
