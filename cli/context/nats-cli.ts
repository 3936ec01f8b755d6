import path from 'node:path';
import { checkEntityName } from '../../claims/names.js';
import { cliError, usageError } from '../errors.js';
import { exists } from '../store/atomic.js';
import { credsFile, keepsCreds, readSeed, writeCreds } from '../store/keystore.js';
import type { PathSettings } from '../store/paths.js';
import { readOperator } from '../store/store.js';
import { findUser, listUserNames } from '../store/users.js';
import { writeNewFile } from '../user/creds.js';
import { chooseAccount, type Workspace } from '../workspace.js';

export interface NatsContext {
  name: string;
  file: string;
  url: string | null;
  creds: string;
  user: string;
  account: string;
}

/**
 * A context of the `nats` CLI for a user. nsc writes an `nsc://` address beside the creds, for which the `nats` CLI needs
 * nsc on the PATH; here that is a choice.
 */
export async function writeNatsContext(
  workspace: Workspace,
  settings: PathSettings,
  wanted: {
    name: string;
    user?: string | undefined;
    account?: string | undefined;
    url?: string | undefined;
    nsc: boolean;
    force: boolean;
  },
): Promise<NatsContext> {
  const { store, keystore } = workspace;
  const name = checkEntityName(wanted.name.replace(/\.json$/, ''), 'context');
  const account = await chooseAccount(workspace, wanted.account);
  const names = await listUserNames(store, account.name);
  const chosen = wanted.user ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    throw usageError(
      '--user is missing',
      names.length === 0 ? 'the account has no user' : `one of: ${names.join(', ')}`,
    );
  }
  const user = await findUser(store, account.name, chosen);
  const creds = credsFile(keystore, store.name, account.name, user.name);
  if (!(await keepsCreds(keystore))) throw noCreds(creds, user.name, account.name);
  if (!(await exists(creds))) {
    const seed = await readSeed(keystore, user.jwt.claims.sub, `user ${user.name}`);
    const names = { operator: store.name, account: account.name, user: user.name };
    await writeCreds(keystore, names, user.jwt.token, seed);
  }
  const url = wanted.url ?? (await readOperator(store)).claims.nats.operator_service_urls[0] ?? null;
  const context = {
    ...(wanted.nsc && { nsc: `nsc://${[store.name, account.name, user.name].map(encodeURIComponent).join('/')}` }),
    ...(url !== null && { url }),
    creds,
  };
  const config = settings.env.XDG_CONFIG_HOME || path.join(settings.home, '.config');
  const file = path.join(config, 'nats', 'context', `${name}.json`);
  await writeNewFile(file, JSON.stringify(context), wanted.force);
  return { name, file, url, creds, user: user.name, account: account.name };
}

/** The nats CLI reads a creds file, and where none are kept none is left lying about. */
function noCreds(file: string, user: string, account: string): Error {
  return cliError('ERR_CREDS_NOT_KEPT', 'a context of the nats CLI names a creds file, and this keystore keeps none', {
    hint: `keep them with \`natsctl keys encrypt --creds keep\`, or make creds for a while: \`natsctl user creds ${user} --account ${account} --expires 1h --output FILE\``,
    details: { file },
  });
}
