import { Flags } from '@oclif/core';
import { safeText } from '../output/safe-text.js';
import type { Change } from './change.js';
import type { ChangeableClaims, Difference } from './difference.js';

export const dryRunFlag = {
  'dry-run': Flags.boolean({
    description: 'Show what would change, claim by claim, and write nothing.',
    env: 'NATSCTL_DRY_RUN',
  }),
};

/** One line a claim: `+` added, `-` removed, `~` changed. */
export function showDifferences(differences: Difference[]): string {
  const text = (value: unknown) => safeText(JSON.stringify(value));
  return differences
    .map(({ path, before, after }) => {
      if (before === undefined) return `+ ${safeText(path)}: ${text(after)}\n`;
      if (after === undefined) return `- ${safeText(path)}: ${text(before)}\n`;
      return `~ ${safeText(path)}: ${text(before)} -> ${text(after)}\n`;
    })
    .join('');
}

/** What every changing command says of its change with `--json`. */
export interface ChangeResult {
  /** Written, or with `--dry-run` would be. */
  changed: boolean;
  dryRun: boolean;
  differences: Difference[];
}

export function changeResult({ differences, dryRun }: Change<ChangeableClaims>): ChangeResult {
  return { changed: differences.length > 0, dryRun, differences };
}

/** For people: the differences, under what they are of. */
export function showChange(what: string, { changed, dryRun, differences }: ChangeResult): string {
  if (!changed) return `${safeText(what)}: nothing to change\n`;
  return `${safeText(what)}: ${dryRun ? 'would be changed' : 'changed'}\n${showDifferences(differences)}`;
}
