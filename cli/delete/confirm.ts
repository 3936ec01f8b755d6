import { cliError, usageError } from '../errors.js';
import { canAsk, required } from '../prompt.js';

/** What cannot be undone is only done after its name was written once more, or with --yes. */
export async function confirmByName(kind: string, name: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw usageError(`deleting the ${kind} ${name} needs --yes`, 'it cannot be undone');
  const answer = await required(
    undefined,
    '--yes',
    `This cannot be undone. Write the name of the ${kind} to delete it`,
  );
  if (answer === name) return;
  throw cliError('ERR_NOT_CONFIRMED', `that is not ${name}: nothing was deleted`);
}
