/**
 * Activation tokens that an exporting account leaves for the account that may import (`nsc push`, `natsctl activation push`). A token is
 * taken only where it would let that account import now: by the same rules that servers link accounts by.
 */
import { activationHash } from '../../claims/activation-hash.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { verifyActivation } from '../../claims/trust/activation.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { ActivationClaims, Decoded, Export } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import type { Activation } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { accountJti } from '../accounts/jti.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import { type Actor, type AuditRecord, claimsJson, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordIssued } from '../ledger/record-issued.js';
import { servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface KeptActivation {
  status: 'created' | 'updated' | 'unchanged';
  hash: string;
  jti: string;
}

/** Of one exporting account, so that none fills the database. */
const MAX_PER_EXPORTER = 1_000;

export async function keepActivation(service: Service, text: string): Promise<KeptActivation> {
  const { claims, token } = decodeAs('activation', text);
  const now = service.now();
  refuseInvalid(
    validate(claims, now).map((issue) =>
      issue.code === 'ERR_CLAIM_ISSUED_IN_FUTURE' ? { ...issue, level: 'error' as const } : issue,
    ),
  );
  const exporterKey = claims.nats.issuer_account ?? claims.iss;
  return service.store.transaction(async (tx) => {
    const operator = await refuseUnfounded(tx, claims, token, exporterKey, now);
    return storeActivation(tx, { claims, token }, { now, actor: `signer:${claims.iss}`, operator });
  });
}

export interface Storing {
  /** Unix seconds. */
  now: number;
  actor: Actor;
  /** Of the exporter. */
  operator: string;
  /** Default `activation.store`. */
  action?: AuditRecord['action'];
  /** More for the audit. */
  detail?: Record<string, unknown>;
}

/** Stores a token that was verified, with its audit entry. */
export async function storeActivation(
  tx: Queries,
  { claims, token }: Pick<Decoded<ActivationClaims>, 'claims' | 'token'>,
  { now, actor, operator, action = 'activation.store', detail }: Storing,
): Promise<KeptActivation> {
  const hash = activationHash(claims);
  const jti = accountJti({ claims, token });
  const exporterKey = claims.nats.issuer_account ?? claims.iss;
  const stored = await tx.activation.findUnique({ where: { hash } });
  if (stored?.jwt === token) return { status: 'unchanged', hash, jti };
  if (stored && Number(stored.iat) >= claims.iat) throw older(claims);
  if (!stored) await makeRoom(tx, exporterKey, now);
  const { subject, kind: type } = claims.nats;
  const data = { exporterKey, importerKey: claims.sub, subject, type, jwt: token, jti };
  const times = { iat: BigInt(claims.iat), exp: claims.exp ? BigInt(claims.exp) : null, createdAt: BigInt(now) };
  await tx.activation.upsert({
    where: { hash },
    create: { hash, ...data, ...times },
    update: { ...data, ...times },
  });
  // Whoever pushed it was no caller of ours; everything else is signed here.
  const origin = action === 'activation.store' ? 'pushed' : 'issued';
  const whose = { operator, account: exporterKey };
  recordIssued(tx, { kind: 'activation', claims, token, ...whose, origin, actor, at: now });
  await recordAudit(tx, {
    at: now,
    actor,
    action,
    entity: exporterKey,
    operator,
    account: exporterKey,
    beforeJti: stored?.jti ?? null,
    afterJti: jti,
    before: stored && claimsJson(stored.jwt),
    after: claimsJson(token),
    detail: { ...detail, hash, importer: claims.sub, subject, type },
  });
  return { status: stored ? 'updated' : 'created', hash, jti };
}

/** The stored activation of a hash, verified again: what the database has damaged is not given out. */
export async function findActivation({ store }: Service, hash: string): Promise<Activation> {
  const row = await store.db.activation.findUnique({ where: { hash } });
  if (row) return { ...row, jwt: readStored('activation', { key: row.importerKey, jwt: row.jwt }).token };
  throw new NatsctlError<ServiceErrorCode>('ERR_ACTIVATION_UNKNOWN', 'no activation has this hash', {
    hint: 'ask the exporting account for the token',
  });
}

/** Issued by a key of an account that is here, for an export of it that asks for activations. Gives the account's operator. */
async function refuseUnfounded(
  tx: Queries,
  claims: ActivationClaims,
  token: string,
  exporterKey: string,
  now: number,
): Promise<string> {
  const row = await findAccount(tx, exporterKey);
  const exporter = verifyAccount(readStored('account', row), await servedOperators(tx), { now });
  const { subject, kind: type } = claims.nats;
  const found = decidingExport(exporter.claims.nats.exports, type, subject);
  if (found?.token_req !== true) throw notAsked(exporterKey, { type, subject }, found !== null);
  verifyActivation({ subject, account: exporterKey, type, token }, claims.sub, exporter, found, now);
  return row.operatorKey;
}

export function notAsked(
  exporterKey: string,
  { type, subject }: Pick<Export, 'type' | 'subject'>,
  exported: boolean,
): NatsctlError<ServiceErrorCode> {
  const what = exported ? 'asks for no activation' : 'is not there';
  return new NatsctlError(
    'ERR_ACTIVATION_NOT_ASKED',
    `the export of the ${type} ${JSON.stringify(subject)} by account ${exporterKey} ${what}`,
    { hint: 'export it as private and push the account first', details: { account: exporterKey } },
  );
}

/** Those that have expired go first. */
async function makeRoom(tx: Queries, exporterKey: string, now: number): Promise<void> {
  if ((await tx.activation.count({ where: { exporterKey } })) < MAX_PER_EXPORTER) return;
  const { count } = await tx.activation.deleteMany({ where: { exporterKey, exp: { lte: BigInt(now) } } });
  if (count > 0) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ACTIVATIONS_FULL',
    `account ${exporterKey} has ${MAX_PER_EXPORTER} activations here already`,
    { hint: 'hand the token over as a file', details: { account: exporterKey } },
  );
}

function older({ sub, nats }: ActivationClaims): NatsctlError<ServiceErrorCode> {
  return new NatsctlError(
    'ERR_ACTIVATION_OLDER',
    `the service holds a newer activation of ${JSON.stringify(nats.subject)} for account ${sub}`,
    { hint: 'issue it again' },
  );
}
