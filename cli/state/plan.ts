/**
 * What a state file would change: every entity that differs from the store, with what differs, who signs it, and what speaks
 * against it. Nothing is signed and nothing written here; `apply` does that with the same plan.
 *
 * The steps: which entity is which (identify), the claims asked for (to-claims), activations, differences and signers (the
 * planners beside), what accounts share with each other (sharing).
 */
import type { Unsigned } from '../../claims/jwt/encode.js';
import type { AccountClaims, OperatorClaims, UserClaims } from '../../claims/types.js';
import type { Difference } from '../change/difference.js';
import type { Snapshot } from '../store/snapshot.js';
import { type Identified, identify, namesOf } from './identify.js';
import type { Keyring } from './keyring.js';
import type { State } from './operator-fields.js';
import { planAccounts, type WantedAccount } from './plan-accounts.js';
import { planOperator } from './plan-operator.js';
import { planOthers } from './plan-others.js';
import { planUsers } from './plan-users.js';
import { checkSharing } from './sharing.js';

export interface PlanOptions {
  /** Unix seconds. */
  now: number;
  /** Delete what the file does not name. The file may say so itself. */
  prune?: boolean | undefined;
  /** Drop revocations, and shut out what a key signed that goes. */
  force?: boolean | undefined;
  /** Let imports be that no export serves. */
  unmatched?: boolean | undefined;
}

/** Speaks against the plan: it is not applied. */
export interface Problem {
  code: string;
  /** `account orders`, `user orders/ann` */
  entity: string;
  message: string;
}

interface Planned<K extends string, C> {
  kind: K;
  action: 'create' | 'change' | 'delete';
  name: string;
  renamedFrom: string | null;
  key: string;
  /** Public key; null where nothing is signed, or no key for it is here. */
  signer: string | null;
  before: C | null;
  /** Null for a deletion. */
  wanted: Unsigned<C> | null;
  differences: Difference[];
}

export type PlannedOperator = Planned<'operator', OperatorClaims>;
export type PlannedAccount = Planned<'account', AccountClaims>;
/** `after` is a time that its JWT must be later than. */
export type PlannedUser = Planned<'user', UserClaims> & { account: string; accountFrom: string; after: number };
export type PlannedEntity = PlannedOperator | PlannedAccount | PlannedUser;

/** An activation to be made: it goes into the import at this place of the importer's list. */
export interface Mint {
  importer: WantedAccount;
  at: number;
  exporter: { name: string; claims: AccountClaims };
  /** Public key; null where none is here. */
  signer: string | null;
  /** Unix seconds; 0 = never. */
  expires: number;
}

export interface Plan {
  identified: Identified;
  operator: OperatorClaims;
  accounts: ReadonlyMap<string, WantedAccount>;
  changes: PlannedEntity[];
  mints: Mint[];
  /** In the store, not in the file, and not deleted. */
  leftAlone: { kind: 'account' | 'user'; name: string; account: string | null }[];
  problems: Problem[];
  warnings: string[];
}

/** What the planners share. */
export interface Planning extends Required<Omit<PlanOptions, 'now'>> {
  now: number;
  keyring: Keyring;
  identified: Identified;
  problem(code: string, entity: string, message: string): void;
  warn(message: string): void;
}

export async function planState(
  draft: State,
  snapshot: Snapshot | null,
  keyring: Keyring,
  options: PlanOptions,
): Promise<Plan> {
  const { now, force = false, unmatched = false } = options;
  const prune = options.prune ?? draft.prune ?? false;
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const planning: Planning = {
    now,
    force,
    unmatched,
    prune,
    keyring,
    identified: identify({ ...draft, prune }, snapshot, keyring),
    problem: (code, entity, message) => problems.push({ code, entity, message }),
    warn: (message) => warnings.push(message),
  };
  const names = namesOf(planning.identified);
  const operator = await planOperator(planning, names);
  const accounts = await planAccounts(planning, names, operator.claims);
  const users = await planUsers(planning, accounts);
  const others = planOthers(planning, accounts, operator.claims);
  checkSharing(planning, accounts, operator.claims);
  return {
    identified: planning.identified,
    operator: operator.claims,
    accounts: accounts.wanted,
    changes: [
      ...(operator.change === null ? [] : [operator.change]),
      ...accounts.changes,
      ...users,
      ...others.deletions,
    ],
    mints: accounts.mints,
    leftAlone: others.leftAlone,
    problems,
    warnings,
  };
}
