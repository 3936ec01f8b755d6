/**
 * Accounts that their owners signed, and that wait for an admin to have the operator sign them (nats-account-server's 202). What waits
 * has passed the rules of a push; it is served to nobody and announced nowhere, and approving it reads all the rules again.
 */
import { NatsctlError } from '../../claims/errors.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import type { Account, PendingAccount } from '../../prisma/generated/client.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import { claimsJson, lastAudited, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import { noteChanged } from '../store/changed-accounts.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import type { Push } from './push-account.js';
import { isStoredAlready } from './resign.js';

export interface Kept {
  status: 'pending';
  jti: string;
}

interface Candidate {
  push: Push;
  decoded: Decoded<AccountClaims>;
  operator: string;
  stored: Account | null;
  jti: string;
}

/** Anybody can make accounts that sign themselves. Those that nobody decided on make room for others some day. */
const MAX_NEW = 256;
const MAX_NEW_BYTES = 65_536;
const NEW_WAIT_SECONDS = 30 * 24 * 3_600;

/** Keeps it in the place of an older one of the account. */
export async function keepPending(service: Service, tx: Queries, candidate: Candidate): Promise<Kept> {
  const { push, decoded, operator, stored, jti } = candidate;
  const { claims } = decoded;
  const at = service.now();
  const waiting = await tx.pendingAccount.findUnique({ where: { key: claims.sub } });
  if (waiting?.jwt === push.token && waiting.baseJti === (stored?.jti ?? null)) return { status: 'pending', jti };
  refuseInvalid(validate(claims, at));
  if (waiting && Number(waiting.iat) > claims.iat) {
    throw new NatsctlError<ServiceErrorCode>('ERR_PUSH_OLDER', 'a newer JWT of this account waits to be approved', {
      hint: 'sign it anew and push that',
    });
  }
  noteChanged(tx, claims.sub);
  if (!stored) await makeRoom(tx, operator, push, at);
  await recordAudit(tx, {
    at,
    actor: push.actor ?? `signer:${claims.iss}`,
    action: 'account.ask',
    entity: claims.sub,
    operator,
    account: claims.sub,
    beforeJti: stored?.jti ?? null,
    before: stored && claimsJson(stored.jwt),
    detail: { name: claims.name, signedBy: claims.iss, asked: claimsJson(push.token) },
  });
  const data = {
    operatorKey: operator,
    name: claims.name ?? claims.sub,
    jwt: push.token,
    iat: BigInt(claims.iat),
    baseJti: stored?.jti ?? null,
    receivedAt: BigInt(at),
    version: lastAudited(tx),
  };
  await tx.pendingAccount.upsert({ where: { key: claims.sub }, create: { ...data, key: claims.sub }, update: data });
  return { status: 'pending', jti };
}

async function makeRoom(tx: Queries, operatorKey: string, { id, token }: Push, at: number): Promise<void> {
  const full = (message: string, hint: string) =>
    new NatsctlError<ServiceErrorCode>('ERR_PUSH_PENDING_FULL', message, { hint });
  if (token.length > MAX_NEW_BYTES) {
    throw full(
      `a new account that waits to be approved has at most ${MAX_NEW_BYTES} bytes`,
      'push it as small as it can be, and the rest once it is approved',
    );
  }
  const others = { operatorKey, baseJti: null, key: { not: id } };
  await tx.pendingAccount.deleteMany({ where: { ...others, receivedAt: { lt: BigInt(at - NEW_WAIT_SECONDS) } } });
  if ((await tx.pendingAccount.count({ where: others })) < MAX_NEW) return;
  throw full(`${MAX_NEW} new accounts wait to be approved already`, 'ask an admin of the service to decide on them');
}

/** What the operator signed, here or elsewhere, waits no more; nor does what was signed before that. */
export async function settlePending(tx: Queries, signed: AccountClaims): Promise<void> {
  const row = await tx.pendingAccount.findUnique({ where: { key: signed.sub } });
  if (row && isStoredAlready(readPending(row).claims, signed)) {
    await tx.pendingAccount.delete({ where: { key: row.key } });
  }
}

export async function findPending(tx: Queries, operatorKey: string, key: string): Promise<PendingAccount> {
  const row = await tx.pendingAccount.findUnique({ where: { key, operatorKey } });
  if (row) return row;
  throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_NOT_PENDING', `no JWT of account ${key} waits to be approved`);
}

/** The claims as they were pushed, their signature checked anew: a database is not believed. */
export function readPending({ key, jwt }: Pick<PendingAccount, 'key' | 'jwt'>): Decoded<AccountClaims> {
  return readStored('account', { key, jwt });
}
