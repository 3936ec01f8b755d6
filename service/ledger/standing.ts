/** What is true of a JWT of the ledger now, by the account and operator JWTs that are in force. */
import { EVERYONE, isRevoked } from '../../claims/account/revocation.js';
import { isExpired, isTooEarly } from '../../claims/trust/account.js';
import { decidingExport } from '../../claims/trust/export.js';
import { type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { AccountClaims, ActivationClaims, UserClaims } from '../../claims/types.js';
import type { Account, IssuedJwt } from '../../prisma/generated/client.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export const STATUSES = ['active', 'expired', 'superseded', 'revoked', 'deleted'] as const;
export const REASONS = [
  'account-deleted',
  'account-expired',
  'account-untrusted',
  'bearer-disallowed',
  'everyone-revoked',
  'export-removed',
  'issuer-removed',
  'not-yet-valid',
  'subject-revoked',
] as const;

export interface Standing {
  status: (typeof STATUSES)[number];
  reason?: (typeof REASONS)[number];
  /** Whether servers would let it in: one that is superseded often still is. */
  admitted: boolean;
}

/** Of each row. Everything that is looked at of the accounts is read once. */
export async function standings(queries: Queries, rows: readonly IssuedJwt[], now: number): Promise<Standing[]> {
  const context = await contextOf(queries, rows);
  return rows.map((row) => judge(row, context, now));
}

interface Context {
  trusted: TrustedOperators;
  accounts: Map<string, Account>;
  claims(row: Account): AccountClaims;
}

async function contextOf(queries: Queries, rows: readonly IssuedJwt[]): Promise<Context> {
  const keys = [...new Set(rows.flatMap(({ accountKey }) => accountKey ?? []))];
  const operators = await queries.operator.findMany();
  const found = keys.length === 0 ? [] : await queries.account.findMany({ where: { key: { in: keys } } });
  const read = new Map<string, AccountClaims>();
  return {
    trusted: trustOperators(operators.map((row) => readStored('operator', row).claims)),
    accounts: new Map(found.map((row) => [row.key, row])),
    claims(row) {
      const claims = read.get(row.key) ?? readStored('account', row).claims;
      read.set(row.key, claims);
      return claims;
    },
  };
}

function judge(row: IssuedJwt, { trusted, accounts, claims }: Context, now: number): Standing {
  const account = row.accountKey === null ? null : accounts.get(row.accountKey);
  if (account === undefined) return { status: 'deleted', reason: 'account-deleted', admitted: false };
  if (isExpired(timesOf(row), now)) return { status: 'expired', admitted: false };
  const refused = account && refusal(row, account, trusted, claims, now);
  if (refused) return { ...refused, admitted: false };
  // Of an operator or an account there is one in force; a user or an importer goes on with an older one that it has.
  const outlives = row.kind === 'user' || row.kind === 'activation';
  const early = isTooEarly(timesOf(row), now);
  if (row.supersededAt !== null) return { status: 'superseded', admitted: outlives && !early };
  return early ? { status: 'active', reason: 'not-yet-valid', admitted: false } : { status: 'active', admitted: true };
}

function refusal(
  row: IssuedJwt,
  account: Account,
  trusted: TrustedOperators,
  read: (row: Account) => AccountClaims,
  now: number,
): Omit<Standing, 'admitted'> | null {
  if (row.kind === 'account') return trusted.keys.has(row.issuer) ? null : revoked('issuer-removed');
  const claims = read(account);
  const signer = trusted.keys.get(claims.iss);
  if (!signer) return revoked('account-untrusted');
  if (isExpired(claims, now)) return { status: 'expired', reason: 'account-expired' };
  const owner = { claims, strict: signer.strict };
  return row.kind === 'user' ? userRefusal(row, owner) : activationRefusal(row, owner);
}

interface Owner {
  claims: AccountClaims;
  strict: boolean;
}

/** As `verifyUser` judges it (claims/trust/user.ts), from the claims that were verified when the JWT was signed. */
function userRefusal(row: IssuedJwt, owner: Owner): Omit<Standing, 'admitted'> | null {
  const { limits, revocations } = owner.claims.nats;
  const scope = scopeOfKey(row.issuer, owner);
  if (scope === undefined) return revoked('issuer-removed');
  if (isRevoked(revocations, row.subject, Number(row.iat))) return revoked(byWhom(revocations, row));
  const { nats } = JSON.parse(row.claims ?? '{"nats":{}}') as Pick<UserClaims, 'nats'>;
  const bearer = scope === null ? nats.bearer_token : scope.template.bearer_token;
  return bearer === true && limits.disallow_bearer ? revoked('bearer-disallowed') : null;
}

/** As `verifyActivation` judges it (claims/trust/activation.ts). */
function activationRefusal(row: IssuedJwt, owner: Owner): Omit<Standing, 'admitted'> | null {
  const { nats } = JSON.parse(row.claims ?? '{"nats":{}}') as Pick<ActivationClaims, 'nats'>;
  const signs =
    nats.issuer_account === undefined ? row.issuer === owner.claims.sub : scopeOfKey(row.issuer, owner) === null;
  if (!signs) return revoked('issuer-removed');
  const found = decidingExport(owner.claims.nats.exports, nats.kind, nats.subject);
  if (!found) return revoked('export-removed');
  return isRevoked(found.revocations, row.subject, Number(row.iat)) ? revoked(byWhom(found.revocations, row)) : null;
}

function byWhom(revocations: ReadonlyMap<string, number>, { subject, iat }: IssuedJwt): Standing['reason'] {
  const own = revocations.get(subject);
  if (own !== undefined && own >= Number(iat)) return 'subject-revoked';
  return revocations.has(EVERYONE) ? 'everyone-revoked' : 'subject-revoked';
}

function revoked(reason: Standing['reason']): Omit<Standing, 'admitted'> {
  return { status: 'revoked', ...(reason && { reason }) };
}

function timesOf({ exp, nbf }: IssuedJwt): { exp?: number; nbf?: number } {
  return { ...(exp !== null && { exp: Number(exp) }), ...(nbf !== null && { nbf: Number(nbf) }) };
}
