import { seedSigner } from '../../claims/keys/signer.js';
import type { OperatorClaims } from '../../claims/types.js';
import { commitBatch, newBatch, putOperator } from '../change/batch.js';
import { cliError } from '../errors.js';
import { refuseManaged } from '../operator/reissue.js';
import { accountsSignedBy, resignAccounts } from '../operator/resign.js';
import { signChecked } from '../sign.js';
import { givenSeed, operatorSelfSigner } from '../signer.js';
import { readOperator } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import type { RotateOptions } from './options.js';
import { type Rotated, rotated } from './rotated.js';

/** Puts a new key in the place of a signing key of the operator, and has it sign the accounts that the old one signed. */
export function rotateOperatorSigningKey(
  workspace: Workspace,
  oldKey: string,
  wanted: RotateOptions,
): Promise<Rotated> {
  return changing(workspace, async () => {
    const { store, keystore, now } = workspace;
    refuseManaged(workspace);
    const { claims } = await readOperator(store);
    const seed = await givenSeed(keystore, wanted.newKey, 'operator');
    const key = seed.publicKey;
    const keys = claims.nats.signing_keys;
    if (key === claims.sub || keys.includes(key)) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${key} is a key of operator ${store.name} already`, {
        details: { key },
      });
    }
    const fresh = keys.flatMap((one) => (one !== oldKey ? [one] : wanted.keepOld ? [one, key] : [key]));
    const wantedClaims = { ...claims, nats: { ...claims.nats, signing_keys: fresh } };
    const signer = await operatorSelfSigner(workspace, wantedClaims, { key: wanted.key, previous: claims.iss });
    const after = await signChecked<OperatorClaims>(wantedClaims, signer, { now, after: claims.iat });
    const batch = newBatch();
    putOperator(batch, store, claims, after);
    const { accounts, left } = await accountsSignedBy(workspace, oldKey);
    await resignAccounts(batch, workspace, accounts, seedSigner(seed));
    await commitBatch(workspace, batch, { seeds: [seed], dryRun: wanted.dryRun });
    return rotated(workspace, {
      kind: 'operator signing key',
      name: store.name,
      oldKey,
      key,
      keptOld: wanted.keepOld,
      batch,
      left,
      dryRun: wanted.dryRun === true,
    });
  });
}
