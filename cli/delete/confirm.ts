import { cliError, usageError } from '../errors.js';
import { canAsk, required } from '../prompt.js';

const DELETION = { doing: 'deleting', act: 'delete', done: 'deleted' };

/** What cannot be undone is only done after its name was written once more, or with --yes. */
export async function confirmByName(kind: string, name: string, yes: boolean, words = DELETION): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw usageError(`${words.doing} the ${kind} ${name} needs --yes`, 'it cannot be undone');
  const answer = await required(
    undefined,
    '--yes',
    `This cannot be undone. Write the name of the ${kind} to ${words.act} it`,
  );
  if (answer === name) return;
  throw cliError('ERR_NOT_CONFIRMED', `that is not ${name}: nothing was ${words.done}`);
}

/** Things that have no name together: how many there are is written once more. @param what `3 accounts from the servers` */
export async function confirmByCount(count: number, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw usageError(`deleting ${what} needs --yes`, 'look at it first with --dry-run');
  const answer = await required(undefined, '--yes', `Write ${count} to delete ${what}`);
  if (answer === String(count)) return;
  throw cliError('ERR_NOT_CONFIRMED', `that is not ${count}: nothing was deleted`);
}
