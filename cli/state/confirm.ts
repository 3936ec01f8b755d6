import { cliError, usageError } from '../errors.js';
import { canAsk, requiredChoice } from '../prompt.js';
import { countsText, type PlanReport } from './show.js';

/** A whole operator is not changed unseen: on a terminal somebody is asked, elsewhere --yes says it. */
export async function confirmApply({ counts }: PlanReport, yes: boolean): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw usageError('--yes is missing', 'give --yes; it is only asked for on a terminal');
  const answer = await requiredChoice(undefined, '--yes', `Apply this: ${countsText(counts)}?`, ['no', 'yes']);
  if (answer !== 'yes') throw cliError('ERR_NOT_CONFIRMED', 'nothing was changed');
}
