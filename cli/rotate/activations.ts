import { isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import { isSubset } from '../../claims/subject/match.js';
import type { AccountClaims, ActivationClaims, Import } from '../../claims/types.js';
import { signChecked } from '../sign.js';
import { findSeed } from '../store/keystore.js';
import type { Workspace } from '../workspace.js';

/** An account whose key changes, or that stays as it is. */
export interface Party {
  before: Pick<AccountClaims, 'sub' | 'nats'>;
  /** Its key afterwards. */
  key: string;
  /** Its new identity, where it gets one. */
  seed?: Seed | undefined;
  /** A signing key that takes the place of one of `before`. */
  replaced?: { key: string; seed: Seed } | undefined;
}

/**
 * Makes an activation again for new keys of exporter or importer: the same claims, signed by the key that takes the place of
 * the one before. Null where that is not to be (it was revoked or is over) or cannot be (the key is elsewhere).
 */
export async function remadeActivation(
  workspace: Workspace,
  imported: Import,
  importer: Pick<Party, 'key' | 'before'>,
  exporter: Party,
): Promise<string | null> {
  const { now } = workspace;
  const claims = activationOf(imported.token);
  if (claims === null || (claims.exp && claims.exp <= now)) return null;
  const { nats } = exporter.before;
  const offered = nats.exports.find(
    ({ subject, type }) =>
      type === imported.type && (subject === claims.nats.subject || isSubset(claims.nats.subject, subject)),
  );
  if (!offered || isRevoked(offered.revocations, claims.sub, claims.iat)) return null;
  const signer = await signerInPlaceOf(workspace, claims.iss, exporter);
  if (signer === null) return null;
  const { issuer_account: _before, ...data } = claims.nats;
  const issuer = signer.publicKey === exporter.key ? {} : { issuer_account: exporter.key };
  const subject = withKey(data.subject, importer.before.sub, importer.key);
  const wanted = { ...claims, sub: importer.key, nats: { ...data, subject, ...issuer } };
  const again = await signChecked<ActivationClaims>(wanted, signer, { now, after: claims.iat });
  return again.token;
}

function activationOf(token: string | undefined): ActivationClaims | null {
  if (token === undefined) return null;
  try {
    // One of version 1 is made again as one of version 2.
    return decodeAs('activation', token, { allowV1: true }).claims;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}

/** Roles sign users only, and who signed with a key that the account no longer has is not to sign again. */
async function signerInPlaceOf(
  { keystore }: Workspace,
  issuer: string,
  { before, key, seed, replaced }: Party,
): Promise<Signer | null> {
  const isIdentity = issuer === before.sub;
  if (!isIdentity && before.nats.signing_keys.get(issuer) !== null) return null;
  if (replaced !== undefined && issuer === replaced.key) return seedSigner(replaced.seed);
  const held = isIdentity ? (seed ?? (await findSeed(keystore, key))) : ((await findSeed(keystore, issuer)) ?? seed);
  return held ? seedSigner(held) : null;
}

/** A subject in which one step is an account's key, as exports with an account token position have it. */
export function withKey(subject: string, before: string, after: string): string {
  return subject
    .split('.')
    .map((step) => (step === before ? after : step))
    .join('.');
}
