import { NatsctlError } from '../../claims/errors.js';
import type { AccountClaims } from '../../claims/types.js';
import type { CredentialPolicy } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { type Actor, lastAudited, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

/** What whoever manages an account asks of every user issued in it, or of those of one role. */
export interface CredentialRules {
  /** Seconds that a user JWT lives at most; null = no bound. */
  maxTtl: number | null;
  /** Seconds that one lives where nothing is said. */
  defaultTtl: number | null;
  /** A public key that is brought comes with a proof that its holder has the private one. */
  requireProof: boolean;
  allowBearer: boolean;
}

/** The role of the policy of a whole account. */
export const WHOLE_ACCOUNT = '';
const NO_RULES: CredentialRules = { maxTtl: null, defaultTtl: null, requireProof: false, allowBearer: true };
/** Of what was never set: the first change is made from this version. */
const NEVER_SET = 0;

export interface PolicyTarget {
  account: string;
  role: string;
}

/** The rules as set, or those of none, with the version that a change is made from. */
export async function policyOf(tx: Queries, target: PolicyTarget): Promise<CredentialRules & { version: number }> {
  const row = await find(tx, target);
  return row ? { ...rulesOf(row), version: row.version } : { ...NO_RULES, version: NEVER_SET };
}

/** What holds for a user of this role (null = of none): the strictest of the service's, the account's and the role's rules. */
export async function rulesFor({ policy }: Service, tx: Queries, accountKey: string, role: string | null) {
  const applies = role === null ? [WHOLE_ACCOUNT] : [WHOLE_ACCOUNT, role];
  const rows = await tx.credentialPolicy.findMany({ where: { accountKey, role: { in: applies } } });
  const whole = rows.find((row) => row.role === WHOLE_ACCOUNT);
  const own = rows.find((row) => row.role !== WHOLE_ACCOUNT);
  const bounds = [policy.maxUserTtl, whole?.maxTtl, own?.maxTtl].filter((ttl) => typeof ttl === 'number');
  const maxTtl = bounds.length > 0 ? Math.min(...bounds) : null;
  const defaultTtl = own?.defaultTtl ?? whole?.defaultTtl ?? null;
  return {
    maxTtl,
    defaultTtl: defaultTtl === null || maxTtl === null ? defaultTtl : Math.min(defaultTtl, maxTtl),
    requireProof: rows.some(({ requireProof }) => requireProof),
    allowBearer: rows.every(({ allowBearer }) => allowBearer),
  } satisfies CredentialRules;
}

export async function setPolicy(
  service: Service,
  target: PolicyTarget,
  rules: CredentialRules,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<CredentialRules & { version: number }> {
  return change(service, actor, async (tx) => {
    const account = await findAccount(tx, target.account);
    // A policy of a role that is misspelt would hold nobody back.
    if (target.role !== WHOLE_ACCOUNT) requireRole(readStored('account', account).claims, target.role);
    const before = await policyOf(tx, target);
    requireMatch(ifMatch, before);
    const at = service.now();
    const key = { accountKey: account.key, role: target.role };
    await recordAudit(tx, {
      at,
      actor,
      action: 'credential-policy.set',
      entity: account.key,
      operator: account.operatorKey,
      account: account.key,
      before: before.version === NEVER_SET ? null : JSON.stringify(rulesOf(before)),
      after: JSON.stringify(rulesOf(rules)),
      detail: { role: target.role || null },
    });
    const data = { ...rules, updatedAt: BigInt(at), version: lastAudited(tx) };
    const where = { accountKey_role: key };
    const row = await tx.credentialPolicy.upsert({ where, create: { ...key, ...data }, update: data });
    return { ...rulesOf(row), version: row.version };
  });
}

export async function deletePolicy(
  service: Service,
  target: PolicyTarget,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<void> {
  await change(service, actor, async (tx) => {
    const account = await findAccount(tx, target.account);
    const row = await find(tx, target);
    if (!row) {
      const whose = target.role === WHOLE_ACCOUNT ? 'the account' : `the role ${JSON.stringify(target.role)}`;
      throw new NatsctlError<ServiceErrorCode>('ERR_POLICY_UNKNOWN', `${whose} has no credential policy`);
    }
    requireMatch(ifMatch, row);
    await tx.credentialPolicy.delete({ where: { accountKey_role: { accountKey: account.key, role: target.role } } });
    await recordAudit(tx, {
      at: service.now(),
      actor,
      action: 'credential-policy.delete',
      entity: account.key,
      operator: account.operatorKey,
      account: account.key,
      before: JSON.stringify(rulesOf(row)),
      detail: { role: target.role || null },
    });
  });
}

/** The keys of a role. @throws NatsctlError ERR_ROLE_UNKNOWN */
export function requireRole(account: AccountClaims, role: string): string[] {
  const keys = [...account.nats.signing_keys].flatMap(([key, scope]) => (scope?.role === role ? [key] : []));
  if (keys.length > 0) return keys;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ROLE_UNKNOWN',
    `the account ${account.name ?? account.sub} has no role ${JSON.stringify(role)}`,
    { hint: 'a role is a signing key with a scope; add one to the account', details: { account: account.sub } },
  );
}

function find(tx: Queries, { account: accountKey, role }: PolicyTarget): Promise<CredentialPolicy | null> {
  return tx.credentialPolicy.findUnique({ where: { accountKey_role: { accountKey, role } } });
}

function rulesOf({ maxTtl, defaultTtl, requireProof, allowBearer }: CredentialRules): CredentialRules {
  return { maxTtl, defaultTtl, requireProof, allowBearer };
}
