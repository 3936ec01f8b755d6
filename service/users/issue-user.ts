import { EVERYONE } from '../../claims/account/revocation.js';
import { signClaims, type Unsigned } from '../../claims/jwt/encode.js';
import type { Signer } from '../../claims/keys/signer.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import { verifyUser } from '../../claims/trust/user.js';
import type { AccountClaims, UserClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import type { Account, User } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { foldName } from '../accounts/save-account.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import { type Actor, type AuditRecord, claimsJson, recordAudit } from '../audit/audit.js';
import { requireHeld, signerElsewhere } from '../custody/sign-elsewhere.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';

/** An account that is about to issue a user: its row, and its JWT judged in the same transaction. */
export interface IssuingAccount {
  row: Account;
  account: VerifiedAccount;
}

export interface UserIssue {
  issuing: IssuingAccount;
  /** All but what signing sets. The issuer account is set here, as the key that signs demands. */
  claims: Unsigned<UserClaims>;
  /** The user whose JWT this one replaces; null for a new one. */
  stored: User | null;
  /** Whether its key is made here for it: nobody has it where the JWT cannot be signed. */
  keyMade?: boolean;
  /** Signs it in the place of the account's first plain key. */
  signer?: Signer;
  actor: Actor;
  action: AuditRecord['action'];
  detail?: Record<string, unknown>;
}

export interface IssuedUser {
  user: User;
  jwt: string;
  claims: UserClaims;
}

export async function issuingAccount(service: Service, tx: Queries, id: string): Promise<IssuingAccount> {
  const row = await findAccount(tx, id);
  const { trusted } = await servedOperator(tx, row.operatorKey);
  return { row, account: verifyAccount(row.jwt, trusted, { now: service.now(), subject: row.key }) };
}

/**
 * The one place where this service signs a user: every user JWT is validated, signed by a key in custody, judged as a server
 * would judge it, stored and audited here, in the caller's transaction.
 */
export async function issueUser(service: Service, tx: Queries, issue: UserIssue): Promise<IssuedUser> {
  const { issuing, stored, actor, action } = issue;
  const { row, account } = issuing;
  const at = service.now();
  const signer = issue.signer ?? (await userSigner(service, tx, account.claims, account.strict));
  if (issue.keyMade) requireHeld(signer);
  const claims = signedBy(issue.claims, signer.publicKey, row.key);
  refuseInvalid(validate({ ...claims, iss: signer.publicKey, iat: at, jti: '' }, at));
  // Later than a revocation of everyone made in this same second, or the new JWT would be void from the start.
  const after = Math.max(account.claims.nats.revocations.get(EVERYONE) ?? -1, Number(stored?.iat ?? -1));
  const signed = await signClaims(claims, signer, { now: at, after });
  verifyUser(signed.token, account, { now: at });
  const user = await saveUser(tx, signed.claims, signed.token, row.key, stored, at);
  const { iss, jti, exp } = signed.claims;
  await recordAudit(tx, {
    at,
    actor,
    action,
    entity: user.key,
    operator: row.operatorKey,
    account: row.key,
    afterJti: jti,
    before: stored?.jwt ? claimsJson(stored.jwt) : null,
    after: claimsJson(signed.token),
    detail: { name: user.name, account: row.key, issuer: iss, expires: exp, ...issue.detail },
  });
  return { user, jwt: signed.token, claims: signed.claims };
}

/** The identity key signs for its own account; any other key says for which one it does. */
function signedBy(claims: Unsigned<UserClaims>, signer: string, accountKey: string): Unsigned<UserClaims> {
  const { issuer_account: _earlier, ...nats } = claims.nats;
  return { ...claims, nats: signer === accountKey ? nats : { ...nats, issuer_account: accountKey } };
}

/** A plain signing key before the identity key; a scoped one would put its template in the place of what is asked for. */
async function userSigner({ custody }: Service, tx: Queries, account: AccountClaims, strict: boolean): Promise<Signer> {
  const plain = [...account.nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
  const may = strict ? plain : [...plain, account.sub];
  for (const key of may) {
    const signer = await custody.signer(tx, key);
    if (signer) return signer;
  }
  return signerElsewhere(tx, 'user', `account ${account.name ?? account.sub}`, may);
}

async function saveUser(
  tx: Queries,
  { sub: key, name = key, iat, exp }: UserClaims,
  jwt: string,
  accountKey: string,
  stored: User | null,
  at: number,
): Promise<User> {
  const data = { key, name, nameFold: foldName(name), jwt, iat: BigInt(iat), exp: exp ? BigInt(exp) : null };
  if (stored) {
    return tx.user.update({ where: { key: stored.key }, data: { ...data, version: { increment: 1 } } });
  }
  return tx.user.create({ data: { ...data, accountKey, createdAt: BigInt(at) } });
}
