import { isRevoked } from '../../claims/account/revocation.js';
import type { Seed } from '../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../claims/keys/signer.js';
import type { AccountClaims, UserClaims } from '../../claims/types.js';
import { type Batch, putUser } from '../change/batch.js';
import type { LeftBehind } from '../operator/resign.js';
import { signChecked } from '../sign.js';
import { findSeed } from '../store/keystore.js';
import { isDamaged } from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { Workspace } from '../workspace.js';

/** Signs the users of an account that has a new identity: by the same signing key, or by the new identity for the old one. */
export async function carryUsers(
  batch: Batch,
  workspace: Workspace,
  account: string,
  before: AccountClaims,
  after: AccountClaims,
  identity: Seed,
  strict: boolean,
): Promise<LeftBehind[]> {
  const left: LeftBehind[] = [];
  for (const user of await listUsers(workspace.store, account)) {
    const leave = (reason: string) => left.push({ kind: 'user', name: `${account}/${user.name}`, reason });
    if (isDamaged(user)) {
      leave('it cannot be read');
      continue;
    }
    const { claims } = user.jwt;
    const { iss } = claims;
    if (isRevoked(before.nats.revocations, claims.sub, claims.iat)) leave('it is revoked');
    else if (iss !== before.sub && !before.nats.signing_keys.has(iss)) leave('its signer is no key of the account');
    else {
      const signer = await signerFor(workspace, claims, before, identity, strict);
      if (signer === null) leave(`the private key of its signer ${iss} is not here`);
      else {
        const { issuer_account: _before, ...data } = claims.nats;
        const issuer = signer.publicKey === after.sub ? {} : { issuer_account: after.sub };
        const wanted = { ...claims, nats: { ...data, ...issuer } };
        const jwt = await signChecked<UserClaims>(wanted, signer, { now: workspace.now, after: claims.iat });
        await putUser(batch, workspace, { account, user: user.name }, claims, jwt);
      }
    }
  }
  return left;
}

/** A role's key is its own; for a plain signing key that is elsewhere the identity signs, unless the operator is strict. */
async function signerFor(
  { keystore }: Workspace,
  { iss }: UserClaims,
  { sub, nats }: AccountClaims,
  identity: Seed,
  strict: boolean,
): Promise<Signer | null> {
  const own = iss === sub ? null : await findSeed(keystore, iss);
  if (own) return seedSigner(own);
  if (nats.signing_keys.get(iss)) return null;
  if (!strict) return seedSigner(identity);
  for (const [key, scope] of nats.signing_keys) {
    const seed = scope === null ? await findSeed(keystore, key) : null;
    if (seed) return seedSigner(seed);
  }
  return null;
}
