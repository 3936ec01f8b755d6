import { droppedRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Seed } from '../../claims/keys/seed.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { Decoded, OperatorClaims } from '../../claims/types.js';
import type { Operator } from '../../prisma/generated/client.js';
import { saveAccount } from '../accounts/save-account.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { RemoteKey } from '../custody/custody.js';
import { type CustodyMode, mayKeep } from '../custody/modes.js';
import type { TransitReference } from '../custody/vault/transit-signer.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordIssued } from '../ledger/record-issued.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface Adoption {
  operatorToken: string;
  /** A signing key of the operator (or its identity key), to be sealed: the service can then sign changes itself. */
  signingSeed?: Seed;
  /** Or such a key in Transit, which signs there and never comes here. */
  remoteKey?: TransitReference;
  /**
   * Account JWTs to begin with. Where the service already holds one of an account, that one stays: changes come by push. But one
   * that a key signed which the operator has no more is worth nothing to any server, and is replaced.
   */
  accounts?: string[];
  /** Which keys may be kept here, of an operator that is new to the service (a served one is changed by PATCH). Default: what the service is run with. */
  custody?: CustodyMode;
  /** Whether it may come beside operators that are served already. A start that names a wrong folder must not mix two. */
  beside?: boolean;
}

/** Makes the service serve an operator. Doing it again with the same or an older JWT changes nothing; a newer one replaces. */
export async function adoptOperator(service: Service, adoption: Adoption, actor: Actor = 'service'): Promise<Operator> {
  const { remoteKey } = adoption;
  const remote = remoteKey && (await service.custody.findRemote('operator', remoteKey));
  return change(service, actor, (tx) => adoptIn(service, tx, adoption, actor, remote));
}

/** The adoption itself, as a part of a change. */
export async function adoptIn(
  service: Service,
  tx: Queries,
  { operatorToken, signingSeed, accounts = [], beside = false, custody }: Adoption,
  actor: Actor,
  remote?: RemoteKey,
): Promise<Operator> {
  const operator = decodeAs('operator', operatorToken);
  if (!beside) await refuseAnother(tx, operator.claims);
  const served = await keepOperator(service, tx, operator, actor, custody);
  const row = await tx.operator.findUniqueOrThrow({ where: { key: served.sub } });
  // A start that offers its key to an operator whose mode was changed since goes on without.
  if (beside || mayKeep(row.custody, 'operator')) {
    for (const key of [signingSeed, remote]) if (key) await keepSigningKey(service, tx, served, key, actor);
  }
  for (const token of accounts) await keepAccount(service, tx, served, token, actor);
  return row;
}

async function refuseAnother(tx: Queries, { sub, name = '' }: OperatorClaims): Promise<void> {
  const served = await tx.operator.findMany({ orderBy: { adoptedAt: 'asc' }, select: { key: true, name: true } });
  const [first] = served;
  if (!first || served.some(({ key }) => key === sub)) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_OPERATOR_FOREIGN',
    `this data folder serves operator ${first.name} (${first.key}), not ${name} (${sub})`,
    {
      hint: 'name another data folder, or adopt it beside that one over the REST API (POST /api/v1/operators)',
      details: { served: first.key, given: sub },
    },
  );
}

/** Whose key it is decides whose account it signs: a key belongs to one operator of a service. */
async function refuseSharedKeys(tx: Queries, { sub, nats }: OperatorClaims): Promise<void> {
  const own = new Set([sub, ...nats.signing_keys]);
  for (const row of await tx.operator.findMany({ where: { key: { not: sub } } })) {
    const other = readStored('operator', row).claims;
    const shared = [other.sub, ...other.nats.signing_keys].find((key) => own.has(key));
    if (shared === undefined) continue;
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_OPERATOR_FOREIGN',
      `the key ${shared} belongs to another operator of this service`,
      { hint: 'give each operator signing keys of its own', details: { key: shared } },
    );
  }
}

export async function keepOperator(
  { now, policy }: Service,
  tx: Queries,
  operator: Decoded<OperatorClaims>,
  actor: Actor,
  custody?: CustodyMode,
  origin: 'issued' | 'pushed' = 'pushed',
): Promise<OperatorClaims> {
  const { claims, token } = operator;
  const stored = await tx.operator.findUnique({ where: { key: claims.sub } });
  if (stored && custody !== undefined && stored.custody !== custody) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_CUSTODY_MODE',
      `the custody of operator ${stored.name} is ${stored.custody} already`,
      { hint: 'change it by PATCH /api/v1/operators/{operator}', details: { operator: stored.key } },
    );
  }
  // Checked as those will who rely on it; an operator JWT is signed by its own identity key.
  trustOperators([claims]);
  await refuseSharedKeys(tx, claims);
  const before = stored && readStored('operator', stored).claims;
  // An operator JWT may name its own signer among its signing keys; what takes the place of another must be signed by a key
  // that was known before it.
  if (before && claims.iss !== before.sub && !before.nats.signing_keys.includes(claims.iss)) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_OPERATOR_FOREIGN',
      `the new JWT of operator ${stored.name} is signed by a key it did not have`,
      {
        hint: 'sign it with the identity key of the operator',
        details: { operator: claims.sub, issuer: claims.iss },
      },
    );
  }
  if (stored && (stored.jwt === token || Number(stored.iat) > claims.iat)) return before ?? claims;
  const at = now();
  const data = {
    name: claims.name ?? claims.sub,
    jwt: token,
    jti: claims.jti,
    iat: BigInt(claims.iat),
    updatedAt: BigInt(at),
  };
  const create = { ...data, key: claims.sub, adoptedAt: BigInt(at), custody: custody ?? policy.custody };
  const update = { ...data, version: { increment: 1 } };
  await tx.operator.upsert({ where: { key: claims.sub }, create, update });
  recordIssued(tx, { kind: 'operator', claims, token, operator: claims.sub, origin, actor, at });
  const action = stored ? 'operator.update' : 'operator.adopt';
  const detail = { name: data.name, ...(!stored && { custody: create.custody }) };
  await recordAudit(tx, {
    at,
    actor,
    action,
    entity: claims.sub,
    operator: claims.sub,
    beforeJti: stored?.jti ?? null,
    afterJti: claims.jti,
    before: stored && claimsJson(stored.jwt),
    after: claimsJson(token),
    detail,
  });
  return claims;
}

/** Keeps a key of the operator, which must be one of those its JWT names. */
export async function keepSigningKey(
  { custody, now }: Service,
  tx: Queries,
  operator: OperatorClaims,
  key: Seed | RemoteKey,
  actor: Actor,
): Promise<void> {
  const { publicKey } = key;
  const isIdentity = publicKey === operator.sub;
  if (!isIdentity && !operator.nats.signing_keys.includes(publicKey)) {
    const what = `${publicKey} is no signing key of operator ${operator.name ?? operator.sub}`;
    throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_KEY_FOREIGN', what, {
      hint: 'add it to the operator JWT first, or give a key that is in it',
    });
  }
  if (await custody.signer(tx, operator.sub, publicKey)) return;
  const at = now();
  const remote = 'reference' in key ? key.reference : undefined;
  if ('reference' in key) await custody.keepRemote(tx, operator.sub, key, at);
  else await custody.keep(tx, 'operator', operator.sub, key, at);
  await recordAudit(tx, {
    at,
    actor,
    action: 'signing-key.keep',
    entity: publicKey,
    operator: operator.sub,
    detail: { operator: operator.sub, ...(remote && { remote }) },
  });
}

async function keepAccount(
  { now }: Service,
  tx: Queries,
  operator: OperatorClaims,
  token: string,
  actor: Actor,
): Promise<void> {
  const key = decodeAs('account', token).claims.sub;
  const stored = await tx.account.findUnique({ where: { key } });
  if (stored && stored.operatorKey !== operator.sub) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_PUSH_OPERATOR',
      `the account ${stored.name} (${key}) belongs to another operator of this service`,
    );
  }
  const held = stored && readStored('account', stored).claims;
  const trusted = trustOperators([operator]);
  if (held && trusted.keys.has(held.iss)) return;
  const at = now();
  const account = verifyAccount(token, trusted, { now: at });
  const deleted = stored ? null : await tx.deletedAccount.findUnique({ where: { key }, select: { iat: true } });
  if (deleted && account.claims.iat <= Number(deleted.iat)) return;
  const before = held?.nats.revocations ?? new Map<string, number>();
  // What takes its place brings nobody back: such a one is to be pulled and pushed.
  if (droppedRevocations(before, account.claims.nats.revocations).length > 0) return;
  const revoked = droppedRevocations(account.claims.nats.revocations, before);
  await saveAccount(tx, {
    account,
    stored,
    at,
    actor,
    pushed: true,
    action: stored ? 'account.update' : 'account.create',
    detail: { name: account.claims.name, ...(revoked.length > 0 && { revoked }) },
  });
}
