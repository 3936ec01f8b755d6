import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Operator } from '../../prisma/generated/client.js';
import { type Actor, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { HeldKey } from '../custody/custody.js';
import { type CustodyMode, mayKeep } from '../custody/modes.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { keepOperator } from './adopt-operator.js';
import { servedOperator } from './served-operator.js';

export interface OperatorEdit {
  operator: string;
  ifMatch: string | undefined;
  custody?: CustodyMode;
  /** Lets the keys go that the new mode does not keep. Without it a mode that would is refused. */
  removeKeys?: boolean;
  /** A newer JWT of the operator, signed elsewhere. */
  jwt?: string;
}

/** Changes an operator that is served: which of its keys are kept here, or its JWT. */
export async function editOperator(service: Service, edit: OperatorEdit, actor: Actor): Promise<Operator> {
  const { operator, ifMatch, custody, removeKeys = false, jwt } = edit;
  return change(service, actor, async (tx) => {
    const { row } = await servedOperator(tx, operator);
    requireMatch(ifMatch, row);
    if (jwt !== undefined) await replaceJwt(service, tx, row, jwt, actor);
    if (custody !== undefined && custody !== row.custody) {
      await changeCustody(service, tx, row, { custody, removeKeys }, actor);
    }
    return (await servedOperator(tx, operator)).row;
  });
}

async function replaceJwt(service: Service, tx: Queries, row: Operator, jwt: string, actor: Actor): Promise<void> {
  const decoded = decodeAs('operator', jwt);
  if (decoded.claims.sub !== row.key) {
    throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_FOREIGN', `this JWT is not of operator ${row.name}`, {
      details: { operator: row.key, given: decoded.claims.sub },
    });
  }
  if (decoded.token !== row.jwt && decoded.claims.iat <= Number(row.iat)) {
    throw new NatsctlError<ServiceErrorCode>('ERR_PUSH_OLDER', `the service holds a newer JWT of ${row.name}`, {
      hint: 'sign it anew, later than that one',
    });
  }
  await keepOperator(service, tx, decoded, actor);
}

async function changeCustody(
  service: Service,
  tx: Queries,
  { key, name, custody: before }: Operator,
  { custody, removeKeys }: { custody: CustodyMode; removeKeys: boolean },
  actor: Actor,
): Promise<void> {
  const against = await keysAgainst(service, tx, key, custody);
  if (against.length > 0 && !removeKeys) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_CUSTODY_MODE',
      `the service holds ${against.length} ${against.length === 1 ? 'key' : 'keys'} of operator ${name} that ${custody} does not keep`,
      {
        hint: 'have them elsewhere first; then let them go for good by removeKeys: true',
        details: { issues: against.map(({ publicKey }) => ({ path: '/custody', message: `${publicKey} is held` })) },
      },
    );
  }
  for (const { owner, publicKey } of against) await service.custody.forget(tx, owner, publicKey);
  await tx.operator.update({ where: { key }, data: { custody, version: { increment: 1 } } });
  await recordAudit(tx, {
    at: service.now(),
    actor,
    action: 'operator.update',
    entity: key,
    operator: key,
    detail: { name, custody: { before, after: custody }, removed: against.map(({ publicKey }) => publicKey) },
  });
}

/** What is held of an operator and its accounts that a mode does not keep. */
async function keysAgainst(
  { custody }: Service,
  tx: Queries,
  operatorKey: string,
  mode: CustodyMode,
): Promise<(HeldKey & { owner: string })[]> {
  const accounts = await tx.account.findMany({
    where: { operatorKey },
    orderBy: { key: 'asc' },
    select: { key: true },
  });
  const against = [];
  for (const owner of [operatorKey, ...accounts.map(({ key }) => key)]) {
    const held = await custody.heldFor(tx, owner);
    against.push(...held.filter(({ kind }) => !mayKeep(mode, kind)).map((key) => ({ ...key, owner })));
  }
  return against;
}
