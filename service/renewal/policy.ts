import { NatsctlError } from '../../claims/errors.js';
import type { RenewalPolicy } from '../../prisma/generated/client.js';
import { type Actor, lastAudited, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';

/** Seconds. */
export interface NewRenewalPolicy {
  /** How long before its end an account JWT is renewed. */
  renewBefore: number;
  /** How long the renewed one lasts. */
  renewFor: number;
}

export async function findPolicy(tx: Queries, operatorKey: string): Promise<RenewalPolicy> {
  const row = await tx.renewalPolicy.findUnique({ where: { operatorKey } });
  if (row) return row;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_RENEWAL_POLICY_UNKNOWN',
    `account JWTs of operator ${operatorKey} are not renewed by the service`,
    { hint: 'PUT a policy to have them renewed', details: { operator: operatorKey } },
  );
}

/** Puts a policy in the place of the operator's one, of which the ETag must be named; where there is none, there is nothing to name. */
export async function setPolicy(
  service: Service,
  operatorKey: string,
  { renewBefore, renewFor }: NewRenewalPolicy,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<RenewalPolicy> {
  if (renewFor <= renewBefore) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_RENEWAL_POLICY',
      'an account would be due for renewal again as soon as it was renewed',
      { hint: 'let renewFor be longer than renewBefore', details: { renewBefore, renewFor } },
    );
  }
  return change(service, actor, async (tx) => {
    await servedOperator(tx, operatorKey);
    const stored = await tx.renewalPolicy.findUnique({ where: { operatorKey } });
    if (stored) requireMatch(ifMatch, stored);
    const at = service.now();
    const after = { renewBefore: BigInt(renewBefore), renewFor: BigInt(renewFor) };
    await audit(tx, { at, actor, operatorKey, action: 'renewal-policy.set', before: stored, after });
    const data = { ...after, updatedAt: BigInt(at), version: lastAudited(tx) };
    return tx.renewalPolicy.upsert({ where: { operatorKey }, create: { ...data, operatorKey }, update: data });
  });
}

export async function removePolicy(
  service: Service,
  operatorKey: string,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<void> {
  await change(service, actor, async (tx) => {
    const stored = await findPolicy(tx, operatorKey);
    requireMatch(ifMatch, stored);
    await tx.renewalPolicy.delete({ where: { operatorKey } });
    const at = service.now();
    await audit(tx, { at, actor, operatorKey, action: 'renewal-policy.remove', before: stored, after: null });
  });
}

interface PolicyChange {
  at: number;
  actor: Actor;
  operatorKey: string;
  action: 'renewal-policy.set' | 'renewal-policy.remove';
  before: Renewal | null;
  after: Renewal | null;
}

type Renewal = Pick<RenewalPolicy, 'renewBefore' | 'renewFor'>;

async function audit(tx: Queries, { at, actor, operatorKey, action, before, after }: PolicyChange): Promise<void> {
  const told = (row: Renewal | null) => row && JSON.stringify(policyFields(row));
  const [was, is] = [told(before), told(after)];
  await recordAudit(tx, { at, actor, action, entity: operatorKey, operator: operatorKey, before: was, after: is });
}

export function policyFields({
  renewBefore,
  renewFor,
}: Pick<RenewalPolicy, 'renewBefore' | 'renewFor'>): NewRenewalPolicy {
  return { renewBefore: Number(renewBefore), renewFor: Number(renewFor) };
}
