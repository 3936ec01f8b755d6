import { droppedRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Seed } from '../../claims/keys/seed.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { Decoded, OperatorClaims } from '../../claims/types.js';
import { saveAccount } from '../accounts/save-account.js';
import { recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface Adoption {
  operatorToken: string;
  /** A signing key of the operator (or its identity key), to be sealed: the service can then sign changes itself. */
  signingSeed?: Seed;
  /**
   * Account JWTs to begin with. Where the service already holds one of an account, that one stays: changes come by push. But one
   * that a key signed which the operator has no more is worth nothing to any server, and is replaced.
   */
  accounts?: string[];
}

/** Makes the service serve an operator. Doing it again with the same or an older JWT changes nothing; a newer one replaces. */
export async function adoptOperator(
  service: Service,
  { operatorToken, signingSeed, accounts = [] }: Adoption,
): Promise<void> {
  const operator = decodeAs('operator', operatorToken);
  await service.store.transaction(async (tx) => {
    const served = await keepOperator(service, tx, operator);
    if (signingSeed) await keepSigningKey(service, tx, served, signingSeed);
    for (const token of accounts) await keepAccount(service, tx, served, token);
  });
  service.links.wake();
}

async function keepOperator({ now }: Service, tx: Queries, operator: Decoded<OperatorClaims>): Promise<OperatorClaims> {
  const { claims, token } = operator;
  const stored = await tx.operator.findFirst();
  if (stored && stored.key !== claims.sub) {
    throw new NatsctlError<ServiceErrorCode>(
      'ERR_OPERATOR_FOREIGN',
      `this data folder serves operator ${stored.name} (${stored.key}), not ${claims.name ?? ''} (${claims.sub})`,
      { hint: 'name another data folder for another operator', details: { served: stored.key, given: claims.sub } },
    );
  }
  // Checked as those will who rely on it; an operator JWT is signed by its own identity key.
  trustOperators([claims]);
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
  await tx.operator.upsert({ where: { key: claims.sub }, create: { ...data, key: claims.sub }, update: data });
  const action = stored ? 'operator.update' : 'operator.adopt';
  const detail = { name: data.name };
  await recordAudit(tx, {
    at,
    actor: 'service',
    action,
    entity: claims.sub,
    beforeJti: stored?.jti ?? null,
    afterJti: claims.jti,
    detail,
  });
  return claims;
}

async function keepSigningKey(
  { custody, now }: Service,
  tx: Queries,
  operator: OperatorClaims,
  seed: Seed,
): Promise<void> {
  const isIdentity = seed.publicKey === operator.sub;
  if (!isIdentity && !operator.nats.signing_keys.includes(seed.publicKey)) {
    const what = `${seed.publicKey} is no signing key of operator ${operator.name ?? operator.sub}`;
    throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_KEY_FOREIGN', what, {
      hint: 'add it to the operator JWT first, or give the seed of a key that is in it',
    });
  }
  if (await custody.signer(tx, seed.publicKey)) return;
  const at = now();
  await custody.keep(tx, 'operator', operator.sub, seed, at);
  await recordAudit(tx, {
    at,
    actor: 'service',
    action: 'signing-key.keep',
    entity: seed.publicKey,
    detail: { operator: operator.sub },
  });
}

async function keepAccount({ now }: Service, tx: Queries, operator: OperatorClaims, token: string): Promise<void> {
  const key = decodeAs('account', token).claims.sub;
  const stored = await tx.account.findUnique({ where: { key } });
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
    actor: 'service',
    action: stored ? 'account.update' : 'account.create',
    detail: { name: account.claims.name, ...(revoked.length > 0 && { revoked }) },
  });
}
