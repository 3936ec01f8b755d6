import { canAsk, required, requiredChoice } from './prompt.js';
import { listAccountNames, listOperatorNames } from './store/store.js';
import { listUserNames } from './store/users.js';
import { chooseAccount, currentAccount, type Workspace } from './workspace.js';

/** Entities that were not named: on a terminal chosen from those there are, elsewhere a usage error. */

export async function pickOperator(given: string | undefined, storeRoot: string, what = 'NAME'): Promise<string> {
  return pick(given, what, 'Which operator', () => listOperatorNames(storeRoot));
}

export async function pickAccount({ store }: Workspace, given: string | undefined, what = 'NAME'): Promise<string> {
  return pick(given, what, 'Which account', () => listAccountNames(store));
}

/** The account that is meant, asked for where nothing chooses one. Undefined: nobody is there to ask, and it is a fault. */
export async function meantAccount(workspace: Workspace, given: string | undefined): Promise<string | undefined> {
  if (given !== undefined || !canAsk()) return given;
  return (await currentAccount(workspace)) ?? pickAccount(workspace, undefined, '--account');
}

/** @param more what may be meant beside a user (`*`) */
export async function pickUser(
  workspace: Workspace,
  account: string | undefined,
  given: string | undefined,
  what = 'NAME',
  more: string[] = [],
): Promise<string> {
  return pick(given, what, 'Which user', async () => {
    const chosen = await chooseAccount(workspace, account);
    return [...(await listUserNames(workspace.store, chosen.name)), ...more];
  });
}

/** A role by its name, a plain signing key by its public key. */
export async function pickSigningKey(
  workspace: Workspace,
  account: string | undefined,
  given: string | undefined,
): Promise<string> {
  return pick(given, 'KEY', 'Which role or signing key', async () => {
    const { nats } = (await chooseAccount(workspace, account)).jwt.claims;
    return [...nats.signing_keys].map(([key, scope]) => scope?.role || key);
  });
}

async function pick(
  given: string | undefined,
  what: string,
  question: string,
  list: () => Promise<string[]>,
): Promise<string> {
  if (given !== undefined || !canAsk()) return required(given, what, question);
  const choices = await list();
  return choices.length === 0
    ? required(undefined, what, question)
    : requiredChoice(undefined, what, question, choices);
}
