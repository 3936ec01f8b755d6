import { lintAccount } from '../../claims/lint/account.js';
import type { AccountClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import type { Change } from './change.js';
import { type ChangeResult, showDifferences } from './show.js';

/** What a command tells of a change, with `--json` too. */
export interface ChangeReport extends ChangeResult {
  /** What works, but not as somebody may think. */
  warnings: string[];
}

const PUSH_NOTE = 'it holds once the account is pushed: `natsctl push`';

/** For people, beside what was done: warnings, and what is to be done next. */
export function changeNotes({ warnings, changed, dryRun }: ChangeReport): string[] {
  return changed && !dryRun ? [...warnings, PUSH_NOTE] : warnings;
}

/** For people: what was done, or with `--dry-run` what would be. */
export function changeText(change: ChangeResult, done: string): string {
  if (!change.changed) return 'nothing to change\n';
  return change.dryRun ? showDifferences(change.differences) : `${done}\n`;
}

/** What validation and lint say of the account now and did not say of it before. */
export function newWarnings(change: Change<AccountClaims>, now: number): string[] {
  const before = new Set(issueTexts(change.before, now));
  return issueTexts(change.after, now).filter((text) => !before.has(text));
}

function issueTexts(claims: AccountClaims, now: number): string[] {
  // Whether the operator demands signing keys is `validate`'s to know.
  return [...validate(claims, now), ...lintAccount(claims, { strict: false })].map(({ message }) => message);
}
