import { checkEntityName } from '../../claims/names.js';
import type { OperatorClaims } from '../../claims/types.js';
import type { Renamed } from '../account/rename.js';
import type { ChangeOptions } from '../change/change.js';
import { differences } from '../change/difference.js';
import { signChecked } from '../sign.js';
import { operatorSelfSigner } from '../signer.js';
import { refuseOtherCreds, renameOperatorCreds } from '../store/keystore.js';
import { readOperator, renameOperatorFolder } from '../store/store.js';
import { changing, selectContext, type Workspace } from '../workspace.js';

/** Names an operator anew: its folder, its creds and the context follow. Its key, and so what is signed by it, stays. */
export async function renameOperatorTo(
  workspace: Workspace,
  to: string,
  { key, dryRun = false }: ChangeOptions,
): Promise<Renamed> {
  checkEntityName(to, 'operator');
  const { paths, store, keystore, now } = workspace;
  const from = store.name;
  const renamed = await changing(workspace, async (): Promise<Renamed> => {
    const { claims } = await readOperator(store);
    await refuseOtherCreds(keystore, [from], [to]);
    const signer = await operatorSelfSigner(workspace, claims, { key, previous: claims.iss });
    const after = await signChecked<OperatorClaims>({ ...claims, name: to }, signer, { now, after: claims.iat });
    const changes = differences('operator', claims, after.claims);
    if (!dryRun && (changes.length > 0 || from !== to)) {
      await renameOperatorFolder(store, to, after.token);
      await renameOperatorCreds(keystore, from, to);
    }
    return {
      from,
      to,
      publicKey: claims.sub,
      changed: changes.length > 0 || from !== to,
      differences: changes,
      dryRun,
      warnings: [],
    };
  });
  if (!dryRun && paths.operator === from) {
    await selectContext(paths, { operator: to, ...(paths.account && { account: paths.account }) }, now);
  }
  return renamed;
}
