import { EVERYONE } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { signClaims, type Unsigned } from '../../claims/jwt/encode.js';
import type { Signer } from '../../claims/keys/signer.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import { verifyUser } from '../../claims/trust/user.js';
import type { UserClaims, UserScope } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validate } from '../../claims/validate/validate.js';
import type { Account, User } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { foldName } from '../accounts/save-account.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import { type Actor, type AuditRecord, claimsJson, recordAudit } from '../audit/audit.js';
import { requireHeld, signerElsewhere } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordIssued } from '../ledger/record-issued.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { type CredentialRules, requireRole, rulesFor } from './credential-policy.js';
import { scopeIssues } from './scope-issues.js';

/** An account that is about to issue a user: its row, and its JWT judged in the same transaction. */
export interface IssuingAccount {
  row: Account;
  account: VerifiedAccount;
}

export interface UserIssue {
  issuing: IssuingAccount;
  /** All but what signing sets. The issuer account is set here, as the key that signs demands. */
  claims: Unsigned<UserClaims>;
  /** The role whose scoped key signs; null = a plain key. */
  role: string | null;
  /** The user whose JWT this one replaces; null for a new one. */
  stored: User | null;
  /** False for short-lived credentials: given out and audited, no user of the lists. */
  listed: boolean;
  /** Whether its key is made here for it: nobody has it where the JWT cannot be signed. */
  keyMade?: boolean;
  /** Signs it in the place of the first key that may. */
  signer?: Signer;
  actor: Actor;
  action: AuditRecord['action'];
  detail?: Record<string, unknown>;
  /** Where a claim stands in what the caller sent, if not where it stands in the claims. */
  pointer?: (path: string) => string;
}

/** What a policy made of an expiry that was asked for. */
export interface Clamped {
  /** Unix seconds; absent = never. */
  asked?: number;
  expires: number;
  /** Seconds. */
  maxTtl: number;
}

export interface IssuedUser {
  /** Where it is not listed: as it would be. */
  user: User;
  jwt: string;
  claims: UserClaims;
  clamped?: Clamped;
}

export async function issuingAccount(service: Service, tx: Queries, id: string): Promise<IssuingAccount> {
  const row = await findAccount(tx, id);
  const judged = lastJudged.get(tx);
  if (judged?.row.key === row.key && judged.row.jwt === row.jwt) return { row, account: judged.account };
  const { trusted } = await servedOperator(tx, row.operatorKey);
  const issuing = { row, account: verifyAccount(row.jwt, trusted, { now: service.now(), subject: row.key }) };
  lastJudged.set(tx, issuing);
  return issuing;
}

/** Many users of one account are made in one transaction: a large JWT is not judged anew for each. */
const lastJudged = new WeakMap<Queries, IssuingAccount>();

/** What users of one role are issued by. */
export interface Terms {
  rules: CredentialRules;
  signer: Signer;
  /** Of the key that signs; null for a plain one. */
  scope: UserScope | null;
}

/** The terms of each role, read once for all users that an account issues in a transaction. */
export interface TermsOf {
  rules(role: string | null): Promise<CredentialRules>;
  /** @param signer in the place of the first key that may */
  all(role: string | null, signer?: Signer): Promise<Terms>;
}

export function termsOf(service: Service, tx: Queries, { row, account }: IssuingAccount): TermsOf {
  const rules = new Map<string | null, Promise<CredentialRules>>();
  const signers = new Map<string | null, Promise<Signer>>();
  const once = <T>(kept: Map<string | null, Promise<T>>, role: string | null, read: () => Promise<T>): Promise<T> => {
    const value = kept.get(role) ?? read();
    kept.set(role, value);
    return value;
  };
  const rulesOf = (role: string | null) => once(rules, role, () => rulesFor(service, tx, row.key, role));
  return {
    rules: rulesOf,
    async all(role, given) {
      const held = await rulesOf(role);
      const signer = given ?? (await once(signers, role, () => userSigner(service, tx, account, role)));
      return { rules: held, signer, scope: account.claims.nats.signing_keys.get(signer.publicKey) ?? null };
    },
  };
}

/** Signs a user, stores it and has it audited, in the caller's transaction. */
export async function issueUser(service: Service, tx: Queries, issue: UserIssue): Promise<IssuedUser> {
  const terms = await termsOf(service, tx, issue.issuing).all(issue.role, issue.signer);
  const issued = await signUser(service, terms, issue);
  const { listed, stored } = issue;
  if (listed && stored) await tx.user.update({ where: { key: stored.key }, data: issued.user });
  else if (listed) await tx.user.create({ data: issued.user });
  await recordUser(service, tx, issue, issued);
  return issued;
}

/**
 * The one place where this service signs a user: every user JWT is held to the policy, validated, signed by a key in custody, and
 * judged as a server would judge it. Whoever calls it stores what it gives, and records it (`recordUser`).
 */
export async function signUser({ now }: Service, terms: Terms, issue: UserIssue): Promise<IssuedUser> {
  const { rules, signer, scope } = terms;
  const { issuing, stored } = issue;
  const { row, account } = issuing;
  const at = now();
  if (issue.keyMade) requireHeld(signer);
  const { claims, clamped } = clamp(signedBy(issue.claims, signer.publicKey, row.key), rules, at);
  const issues = validate({ ...claims, iss: signer.publicKey, iat: at, jti: '' }, at);
  if (scope) issues.push(...scopeIssues(claims, account.claims, scope));
  // It may begin later.
  const against = issues.filter(({ code }) => code !== 'ERR_CLAIM_NOT_YET_VALID');
  refuseInvalid(placed(against, issue.pointer));
  // Later than a revocation of everyone made in this same second, or the new JWT would be void from the start.
  const after = Math.max(account.claims.nats.revocations.get(EVERYONE) ?? -1, Number(stored?.iat ?? -1));
  const signed = await signClaims(claims, signer, { now: at, after });
  // A role's template can make a bearer token as well: what counts is what holds in the end.
  const { limits } = verifyUser(signed, account, { now: Math.max(at, claims.nbf ?? at) });
  if (limits.bearer_token && !rules.allowBearer) throw bearerRefused();
  return { ...issuedAs(issue, signed.claims, signed.token, at), ...(clamped && { clamped }) };
}

/** Has a user that was signed written to ledger and audit. */
export async function recordUser(
  service: Service,
  tx: Queries,
  issue: Omit<UserIssue, 'claims'>,
  { claims, jwt: token }: IssuedUser,
): Promise<void> {
  const { issuing, role, stored, actor, action } = issue;
  const { row } = issuing;
  const at = service.now();
  const whose = { operator: row.operatorKey, account: row.key };
  recordIssued(tx, { kind: 'user', claims, token, ...whose, origin: 'issued', actor, at });
  const { sub, name, iss, jti, exp } = claims;
  await recordAudit(tx, {
    at,
    actor,
    action,
    entity: sub,
    operator: row.operatorKey,
    account: row.key,
    afterJti: jti,
    before: stored?.jwt ? claimsJson(stored.jwt) : null,
    after: claimsJson(token),
    detail: { name, account: row.key, issuer: iss, expires: exp, ...(role && { role }), ...issue.detail },
  });
}

/** The identity key signs for its own account; any other key says for which one it does. */
function signedBy(claims: Unsigned<UserClaims>, signer: string, accountKey: string): Unsigned<UserClaims> {
  const { issuer_account: _earlier, ...nats } = claims.nats;
  return { ...claims, nats: signer === accountKey ? nats : { ...nats, issuer_account: accountKey } };
}

/** Shortens what lives longer than the policy has it, counted from now; nothing is ever lengthened. */
function clamp(claims: Unsigned<UserClaims>, { maxTtl }: CredentialRules, at: number) {
  const asked = claims.exp || undefined;
  const latest = maxTtl === null ? Number.POSITIVE_INFINITY : at + maxTtl;
  if (maxTtl === null || (asked ?? Number.POSITIVE_INFINITY) <= latest) return { claims, clamped: null };
  const clamped: Clamped = { ...(asked !== undefined && { asked }), expires: latest, maxTtl };
  return { claims: { ...claims, exp: latest }, clamped };
}

function placed(issues: Issue[], pointer: UserIssue['pointer']): Issue[] {
  return pointer ? issues.map((issue) => ({ ...issue, path: pointer(issue.path) })) : issues;
}

/**
 * Without a role a plain signing key before the identity key: a scoped one would put its template in the place of what is asked
 * for. With a role one of its keys, and no other.
 */
async function userSigner(
  { custody }: Service,
  tx: Queries,
  { claims, strict }: VerifiedAccount,
  role: string | null,
): Promise<Signer> {
  const { nats, sub, name = sub } = claims;
  const plain = [...nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
  const may = role === null ? (strict ? plain : [...plain, sub]) : requireRole(claims, role);
  for (const key of may) {
    const signer = await custody.signer(tx, sub, key);
    if (signer) return signer;
  }
  const owner = role === null ? `account ${name}` : `the role ${JSON.stringify(role)} of account ${name}`;
  return signerElsewhere(tx, 'user', owner, may);
}

function bearerRefused(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_BEARER_NOT_ALLOWED', 'the credential policy allows no bearer tokens here', {
    hint: 'leave `bearer` out, or ask who manages the account',
  });
}

/** What is issued with a JWT that was signed; its user as it will be stored. */
export function issuedAs(
  { stored, role, issuing }: Pick<UserIssue, 'stored' | 'role' | 'issuing'>,
  claims: UserClaims,
  jwt: string,
  at: number,
): IssuedUser {
  const { sub: key, name = key, iat, exp } = claims;
  const user: User = {
    key,
    accountKey: issuing.row.key,
    name,
    nameFold: foldName(name),
    jwt,
    iat: BigInt(iat),
    exp: exp ? BigInt(exp) : null,
    role,
    disabledAt: null,
    priorRevocation: null,
    version: (stored?.version ?? 0) + 1,
    createdAt: stored?.createdAt ?? BigInt(at),
  };
  return { user, jwt, claims };
}
