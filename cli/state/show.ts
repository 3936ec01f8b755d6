/** A plan for people and for programs. */
import type { Difference } from '../change/difference.js';
import { showDifferences } from '../change/show.js';
import { safeText } from '../output/safe-text.js';
import type { AppliedState, PlannedState } from './change.js';
import type { PlannedEntity } from './plan.js';

export interface PlanReport {
  operator: string;
  /** Null: it is made when this is applied. As everywhere here. */
  operatorKey: string | null;
  /** Of the store that was looked at. */
  fingerprint: string;
  counts: { create: number; change: number; delete: number };
  changes: {
    kind: 'operator' | 'account' | 'user';
    action: 'create' | 'change' | 'delete';
    name: string;
    account: string | null;
    renamedFrom: string | null;
    key: string | null;
    /** Who signs it: a public key, or what that is of where it is made with the rest. */
    signer: string | null;
    differences: Difference[];
  }[];
  /** Tokens made for imports. */
  activations: { importer: string; exporter: string; subject: string; expires: number }[];
  leftAlone: { kind: 'account' | 'user'; name: string; account: string | null }[];
  problems: { code: string; entity: string; message: string }[];
  warnings: string[];
}

export function planReport({ plan, keyring, fingerprint }: PlannedState): PlanReport {
  const { made } = keyring;
  const known = (key: string) => (made.has(key) ? null : key);
  const named = (key: string | null) => (key !== null && made.has(key) ? newKey(made.get(key)?.of ?? '') : key);
  const hide = <T>(value: T): T => (made.size === 0 ? value : hideMade(value, (key) => named(key) as string));
  const count = (action: PlannedEntity['action']) => plan.changes.filter((one) => one.action === action).length;
  return {
    operator: plan.identified.name,
    operatorKey: known(plan.identified.key),
    fingerprint,
    counts: { create: count('create'), change: count('change'), delete: count('delete') },
    changes: plan.changes.map((change) => ({
      kind: change.kind,
      action: change.action,
      name: change.name,
      account: change.kind === 'user' ? change.account : null,
      renamedFrom: change.renamedFrom,
      key: known(change.key),
      signer: named(change.signer),
      differences: hide(change.differences),
    })),
    activations: plan.mints.map(({ importer, at, exporter, expires }) => ({
      importer: importer.identified.name,
      exporter: exporter.name,
      subject: hide(importer.claims.nats.imports[at]?.subject ?? ''),
      expires,
    })),
    leftAlone: plan.leftAlone,
    problems: hide(plan.problems),
    warnings: hide(plan.warnings),
  };
}

function newKey(of: string): string {
  return `(new key of ${of})`;
}

/** Keys made for this plan alone would be other ones the next time. */
function hideMade<T>(value: T, name: (key: string) => string): T {
  const text = JSON.stringify(value);
  return JSON.parse(text.replace(/[OAUX][A-Z2-7]{55}/g, (key) => JSON.stringify(name(key)).slice(1, -1))) as T;
}

const SIGNS = { create: '+', change: '~', delete: '-' } as const;

export function planText({ changes, activations, counts }: PlanReport): string {
  if (changes.length === 0) return 'no differences: the store is as the file says\n';
  const parts = changes.map(({ kind, action, name, account, renamedFrom, signer, differences }) => {
    const entity = account === null ? `${kind} ${name}` : `${kind} ${account}/${name}`;
    const from = renamedFrom === null ? '' : `, called ${renamedFrom} before`;
    const by = signer === null ? '' : `, signed by ${signer}`;
    const claims = showDifferences(differences).replace(/^(?=.)/gm, '    ');
    return `${SIGNS[action]} ${safeText(`${entity}${from}${by}`)}\n${claims}`;
  });
  const made = activations.map(({ importer, exporter, subject }) => {
    return `+ ${safeText(`activation by account ${exporter} for account ${importer}: ${subject}`)}\n`;
  });
  return `${parts.join('')}${made.join('')}${countsText(counts)}\n`;
}

export function countsText({ create, change, delete: gone }: PlanReport['counts']): string {
  return `${create} to create, ${change} to change, ${gone} to delete`;
}

/** How many names a line of what is left alone shows. */
const SHOWN = 5;

/** For people, beside the plan. */
export function planNotes({ leftAlone, problems, warnings }: PlanReport): string[] {
  const names = leftAlone.map(({ kind, name, account }) => `${kind} ${account === null ? name : `${account}/${name}`}`);
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : '';
  const alone = `not in the file, and left alone: ${names.slice(0, SHOWN).join(', ')}${more} (--prune deletes them)`;
  return [
    ...warnings.map((one) => `warning: ${one}`),
    ...(names.length > 0 ? [alone] : []),
    ...problems.map(({ code, entity, message }) => `problem: ${entity}: ${message} [${code}]`),
  ];
}

export interface AppliedReport extends PlanReport {
  changed: boolean;
  dryRun: boolean;
  /** New entities with the keys they got; none in a dry run. */
  created: { kind: 'operator' | 'account' | 'user'; name: string; account: string | null; key: string }[];
  creds: { account: string; user: string; file: string }[];
  /** Accounts whose JWTs are to be pushed. */
  push: string[];
}

export function appliedReport(state: PlannedState & Partial<AppliedState>, dryRun: boolean): AppliedReport {
  const { changes } = state.plan;
  const isDone = state.creds !== undefined;
  return {
    ...planReport(state),
    changed: changes.length > 0,
    dryRun,
    created: changes
      .filter((one) => isDone && one.action === 'create')
      .map((one) => {
        return { kind: one.kind, name: one.name, account: one.kind === 'user' ? one.account : null, key: one.key };
      }),
    creds: (state.creds ?? []).map(({ account, user, path }) => ({ account, user, file: path })),
    push: changes.filter((one) => one.kind === 'account' && one.action !== 'delete').map((one) => one.name),
  };
}
