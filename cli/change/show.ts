import { Flags } from '@oclif/core';
import { safeText } from '../output/safe-text.js';
import type { Difference } from './difference.js';

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
