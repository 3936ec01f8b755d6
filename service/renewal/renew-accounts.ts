/**
 * Renews account JWTs that near their end, where the operator's policy says so. What is not renewed:
 *
 * - an account that is deleted, or whose JWT has ended already: from then on that is how it is meant until somebody says otherwise;
 * - an end that was nearer than the policy's `renewBefore` when it was first given: an account is ended so on purpose (`natsctl account
 *   delete` does it by an end a minute away). Other changes of the account, which carry its end along, do not make it look so.
 */
import type { FastifyBaseLogger } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import type { Account, IssuedJwt, RenewalPolicy } from '../../prisma/generated/client.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import { recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { turn } from '../turn.js';

const BATCH = 200;

export async function renewAccounts(service: Service, log: FastifyBaseLogger, signal: AbortSignal): Promise<void> {
  for (const policy of await service.store.db.renewalPolicy.findMany()) {
    for (let after: number | null = 0; after !== null && !signal.aborted; ) {
      const rows: IssuedJwt[] = await due(service, policy, after);
      for (const row of rows) {
        if (signal.aborted) return;
        await renewOne(service, policy, row, log);
        await turn();
      }
      after = rows.length === BATCH ? (rows.at(-1)?.seq ?? null) : null;
    }
  }
}

function due({ store, now }: Service, policy: RenewalPolicy, after: number): Promise<IssuedJwt[]> {
  const at = BigInt(now());
  const { operatorKey, renewBefore } = policy;
  return store.db.issuedJwt.findMany({
    where: {
      kind: 'account',
      operatorKey,
      supersededAt: null,
      exp: { gte: at, lte: at + renewBefore },
      seq: { gt: after },
    },
    orderBy: { seq: 'asc' },
    take: BATCH,
  });
}

async function renewOne(service: Service, policy: RenewalPolicy, row: IssuedJwt, log: FastifyBaseLogger) {
  try {
    await change(service, 'service', (tx) => renew(service, tx, policy, row));
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    log.warn({ account: row.subject, code: error.code }, 'the JWT of an account could not be renewed');
    await service.store.transaction((tx) => noteFailure(tx, row, error.code, service.now()));
  }
}

async function renew(service: Service, tx: Queries, policy: RenewalPolicy, row: IssuedJwt): Promise<void> {
  const stored = await tx.account.findUnique({ where: { key: row.subject } });
  if (!stored) return;
  const held = readStored('account', stored);
  const now = service.now();
  const ends = held.claims.exp ?? 0;
  // As it is now: a change may have come since the ledger was read.
  if (ends < now || ends > now + Number(policy.renewBefore)) return;
  if (await endsOnPurpose(tx, stored, ends, policy)) return;
  const { iss, iat, jti, ...claims } = held.claims;
  const operator = await servedOperator(tx, stored.operatorKey);
  const exp = now + Number(policy.renewFor);
  const account = await signAccount(service, tx, operator, { ...claims, exp }, Number(stored.iat));
  const lost = unknownFields(held);
  const detail = { name: claims.name, expires: exp, ...(lost.length > 0 && { lost }) };
  await saveAccount(tx, { account, stored, at: now, actor: 'service', action: 'account.renew', detail });
}

async function endsOnPurpose(tx: Queries, { key }: Account, exp: number, { renewBefore }: RenewalPolicy) {
  const first = await tx.issuedJwt.findFirst({
    where: { entity: key, kind: 'account', exp: BigInt(exp) },
    orderBy: { iat: 'asc' },
    select: { iat: true },
  });
  return !first || BigInt(exp) - first.iat <= renewBefore;
}

/** Told once for each reason; tried again every time. */
async function noteFailure(tx: Queries, { seq, subject }: IssuedJwt, code: string, at: number): Promise<void> {
  const row = await tx.issuedJwt.findUnique({ where: { seq } });
  if (!row || row.renewalError === code) return;
  await tx.issuedJwt.update({ where: { seq }, data: { renewalError: code } });
  await recordAudit(tx, {
    at,
    actor: 'service',
    action: 'account.renewal-failed',
    entity: subject,
    operator: row.operatorKey,
    account: subject,
    afterJti: row.jti,
    detail: { name: row.name, code, expires: Number(row.exp) },
  });
}
