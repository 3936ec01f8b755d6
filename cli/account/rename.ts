import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims } from '../../claims/types.js';
import type { ChangeOptions } from '../change/change.js';
import { differences } from '../change/difference.js';
import type { ChangeReport } from '../change/report.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { refuseOtherCreds, renameCreds } from '../store/keystore.js';
import { readOperator, refuseTakenAccountBut, renameAccount } from '../store/store.js';
import { changing, chooseAccount, selectContext, type Workspace } from '../workspace.js';

export interface Renamed extends ChangeReport {
  from: string;
  to: string;
  publicKey: string;
}

/** Names an account anew: its folder, its creds and the context follow; its key, users and what the service knows it by stay. */
export async function renameAccountTo(
  workspace: Workspace,
  wanted: { account: string; to: string },
  options: ChangeOptions,
): Promise<Renamed> {
  checkEntityName(wanted.to, 'account');
  const renamed = await changing(workspace, () => rename(workspace, wanted, options));
  const { paths, store, now } = workspace;
  if (!renamed.dryRun && paths.account === renamed.from) {
    await selectContext(paths, { operator: store.name, account: renamed.to }, now);
  }
  return renamed;
}

async function rename(
  workspace: Workspace,
  { account: nameOrKey, to }: { account: string; to: string },
  { key, dryRun = false }: ChangeOptions,
): Promise<Renamed> {
  const { store, keystore, now } = workspace;
  const account = await chooseAccount(workspace, nameOrKey);
  const from = account.name;
  const { claims } = account.jwt;
  await refuseTakenAccountBut(store, from, to);
  await refuseOtherCreds(keystore, [store.name, from], [store.name, to]);
  const operator = (await readOperator(store)).claims;
  const signer = await operatorSigner(workspace, operator, { key, previous: claims.iss, own: { claims } });
  const after = await signChecked<AccountClaims>({ ...claims, name: to }, signer, { now, after: claims.iat });
  const changes = differences('account', claims, after.claims);
  if (!dryRun && (changes.length > 0 || from !== to)) {
    await renameAccount(store, from, to, after.token);
    await renameCreds(keystore, store.name, from, to);
  }
  return {
    from,
    to,
    publicKey: claims.sub,
    changed: changes.length > 0 || from !== to,
    differences: changes,
    dryRun,
    warnings: templateWarnings(claims),
  };
}

/** Roles whose subjects hold the account's name give their users other subjects afterwards. */
function templateWarnings({ nats }: AccountClaims): string[] {
  return [...nats.signing_keys.values()].flatMap((scope) => {
    const { pub, sub } = scope?.template ?? { pub: null, sub: null };
    const subjects = [pub, sub].flatMap((one) => [...(one?.allow ?? []), ...(one?.deny ?? [])]);
    return subjects.some((subject) => /\{\{\s*account-name\s*\(/i.test(subject))
      ? [`the role ${scope?.role} has the account's name in its subjects: they change with it`]
      : [];
  });
}
