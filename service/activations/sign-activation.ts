import { EVERYONE } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newActivation } from '../../claims/jwt/new.js';
import type { Signer } from '../../claims/keys/signer.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import { allowingExport, decidingExport } from '../../claims/trust/export.js';
import type { ActivationClaims, Decoded, ExportType, Import } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { signerElsewhere } from '../custody/sign-elsewhere.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { notAsked } from './keep-activation.js';

export interface WantedActivation {
  importer: string;
  type: ExportType;
  subject: string;
  /** Seconds; null = as long as the exporter's own JWT. */
  lifetime: number | null;
  /** `iat` of the token this one replaces. */
  after: number;
}

/** An exporting account as servers have it now. */
export async function verifiedExporter(service: Service, tx: Queries, row: Account): Promise<VerifiedAccount> {
  const { trusted } = await servedOperator(tx, row.operatorKey);
  return verifyAccount(readStored('account', row), trusted, { now: service.now(), subject: row.key });
}

/**
 * Signs a token that lets one account import a private export, by a key of the exporter that is in custody, and judges it as servers
 * will; where none is, the refusal says what to sign. It never outlasts the exporter's own JWT: a server would not ask that one either.
 */
export async function signActivation(
  service: Service,
  tx: Queries,
  exporter: VerifiedAccount,
  { importer, type, subject, lifetime, after }: WantedActivation,
): Promise<Decoded<ActivationClaims>> {
  const { sub, exp, nats } = exporter.claims;
  const found = decidingExport(nats.exports, type, subject);
  if (found?.token_req !== true) throw notAsked(sub, { type, subject }, found !== null);
  const signer = await exporterSigner(service, tx, exporter);
  const claims = newActivation(importer, subject, type);
  claims.name = subject;
  if (signer.publicKey !== sub) claims.nats.issuer_account = sub;
  const now = service.now();
  const ends = endOf(exp, lifetime, now);
  if (ends !== null) claims.exp = ends;
  // Later than a revocation of this importer, or the token would be void from the start.
  const revoked = [importer, EVERYONE].flatMap((key) => found.revocations.get(key) ?? []);
  const signed = await signClaims(claims, signer, { now, after: Math.max(after, ...revoked) });
  allowingExport(exporter, importer, { account: sub, type, subject, token: signed.token }, subject, now);
  return signed;
}

/**
 * A token that the exporter signed elsewhere and pushed, where it is what would be signed here now: newer than the one before, good for
 * the import, and no longer than was granted. One that has lived through half of that is from an earlier grant.
 */
export async function signedElsewhere(
  service: Service,
  tx: Queries,
  exporter: VerifiedAccount,
  { importer, type, subject, lifetime, after }: WantedActivation,
): Promise<Decoded<ActivationClaims> | null> {
  const { sub, exp } = exporter.claims;
  const now = service.now();
  const latest = endOf(exp, lifetime, now);
  const rows = await tx.activation.findMany({
    where: { exporterKey: sub, importerKey: importer, type, subject, iat: { gt: BigInt(after) } },
  });
  for (const { importerKey, jwt } of rows) {
    const pushed = readStored('activation', { key: importerKey, jwt });
    const ends = pushed.claims.exp || null;
    const fits = latest === null ? ends === null : ends !== null && ends <= latest && ends > now + (latest - now) / 2;
    if (fits && isGood(exporter, importer, { account: sub, type, subject, token: pushed.token }, now)) return pushed;
  }
  return null;
}

function isGood(exporter: VerifiedAccount, importer: string, taken: Import, now: number): boolean {
  try {
    allowingExport(exporter, importer, taken, taken.subject, now);
    return true;
  } catch (error) {
    if (isNatsctlError(error)) return false;
    throw error;
  }
}

/** When a token of that lifetime ends; null = never. */
function endOf(exporterEnds: number | undefined, lifetime: number | null, now: number): number | null {
  const ends = [...(lifetime === null ? [] : [now + lifetime]), ...(exporterEnds ? [exporterEnds] : [])];
  return ends.length > 0 ? Math.min(...ends) : null;
}

/** A plain signing key before the identity key; keys with a role are made to sign users only. */
async function exporterSigner({ custody }: Service, tx: Queries, { claims, strict }: VerifiedAccount): Promise<Signer> {
  const plain = [...claims.nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
  const may = strict ? plain : [...plain, claims.sub];
  for (const key of may) {
    const signer = await custody.signer(tx, claims.sub, key);
    if (signer) return signer;
  }
  return signerElsewhere(tx, 'activation', `account ${claims.name ?? claims.sub}`, may);
}
