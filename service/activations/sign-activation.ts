import { EVERYONE } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newActivation } from '../../claims/jwt/new.js';
import type { Signer } from '../../claims/keys/signer.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import { allowingExport, decidingExport } from '../../claims/trust/export.js';
import type { ActivationClaims, Decoded, ExportType } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
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
 * will. It never outlasts the exporter's own JWT: a server would not ask that one either.
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
  const ends = [...(lifetime === null ? [] : [now + lifetime]), ...(exp ? [exp] : [])];
  if (ends.length > 0) claims.exp = Math.min(...ends);
  // Later than a revocation of this importer, or the token would be void from the start.
  const revoked = [importer, EVERYONE].flatMap((key) => found.revocations.get(key) ?? []);
  const signed = await signClaims(claims, signer, { now, after: Math.max(after, ...revoked) });
  allowingExport(exporter, importer, { account: sub, type, subject, token: signed.token }, subject, now);
  return signed;
}

/** A plain signing key before the identity key; keys with a role are made to sign users only. */
async function exporterSigner({ custody }: Service, tx: Queries, { claims, strict }: VerifiedAccount): Promise<Signer> {
  const plain = [...claims.nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
  for (const key of strict ? plain : [...plain, claims.sub]) {
    const signer = await custody.signer(tx, claims.sub, key);
    if (signer) return signer;
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_SIGNING_KEY_ABSENT',
    `this service holds no signing key of account ${claims.name ?? claims.sub}, so it cannot sign its activations`,
    {
      hint: 'make it where the key is (`natsctl activation create`), and leave it here (`natsctl activation push`)',
      details: { account: claims.sub },
    },
  );
}
