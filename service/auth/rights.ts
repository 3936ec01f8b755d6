import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** What a caller may be. */
export const ROLES = ['admin', 'issuer', 'auditor', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What a route needs: `read` entities, `audit` = read who changed what, `issue` users and revoke them, `manage` the rest. */
export type Right = 'read' | 'audit' | 'issue' | 'manage';

const RIGHTS: Record<Role, readonly Right[]> = {
  admin: ['read', 'audit', 'issue', 'manage'],
  issuer: ['read', 'issue'],
  auditor: ['read', 'audit'],
  viewer: ['read'],
};

/** A part of the service: an account (with its operator), an operator with all its accounts, or (neither) all of it. */
export interface Scope {
  readonly operator?: string | null;
  readonly account?: string | null;
}

export interface Grant extends Scope {
  readonly role: Role;
}

/** Who makes a request. Only the service's authentication makes one. */
export interface Caller {
  /** For the audit: `token:<name>`, `key:<public key>` or `oidc:<issuer>#<subject>`. */
  readonly actor: string;
  readonly grants: readonly Grant[];
  /** End of what shows it, in unix seconds; absent = none. */
  readonly expires?: number;
  /** Id of the service token that shows it; absent where it is another kind of token. */
  readonly tokenId?: string;
}

export function hasRight({ grants }: Caller, right: Right, scope: Scope): boolean {
  return grants.some((grant) => RIGHTS[grant.role].includes(right) && covers(grant, scope));
}

/** @throws NatsctlError ERR_AUTH_FORBIDDEN; for what the caller may know of. Of anything else it is told that it does not exist. */
export function requireRight(caller: Caller, right: Right, scope: Scope): void {
  if (!hasRight(caller, right, scope)) throw forbidden(right);
}

/** For routes that keep to what the caller has the right for: there must be something. */
export function requireRightSomewhere(caller: Caller, right: Right): void {
  if (!caller.grants.some(({ role }) => RIGHTS[role].includes(right))) throw forbidden(right);
}

function forbidden(right: Right): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_AUTH_FORBIDDEN', `this needs the right to ${WORDS[right]}`, {
    hint: 'ask an admin for a token with a role that has it',
  });
}

const WORDS: Record<Right, string> = {
  read: 'read here',
  audit: 'read the audit',
  issue: 'issue and revoke users',
  manage: 'manage what it names',
};

/** Where a caller has a right: for everything, or for these operators and accounts. */
export interface Reach {
  readonly everything: boolean;
  readonly operators: readonly string[];
  readonly accounts: readonly string[];
}

export function reach({ grants }: Caller, right: Right): Reach {
  const given = grants.filter(({ role }) => RIGHTS[role].includes(right));
  return {
    everything: given.some(({ operator, account }) => !operator && !account),
    operators: given.flatMap(({ operator, account }) => (operator && !account ? [operator] : [])),
    accounts: given.flatMap(({ account }) => (account ? [account] : [])),
  };
}

/** The rows of a table a caller may see, by the columns that name their operator and account. */
export function within<Operator extends string, Account extends string>(
  { everything, operators, accounts }: Reach,
  operatorColumn: Operator,
  accountColumn: Account,
): Record<string, unknown> {
  if (everything) return {};
  return { OR: [{ [operatorColumn]: { in: [...operators] } }, { [accountColumn]: { in: [...accounts] } }] };
}

function covers(grant: Scope, { operator, account }: Scope): boolean {
  if (grant.account) return grant.account === account;
  return !grant.operator || grant.operator === operator;
}
