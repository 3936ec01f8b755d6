import { rotateAccountSigningKey } from '../account/rotate-signing-key.js';
import { commitBatch, newBatch, putAccount } from '../change/batch.js';
import { signChecked } from '../sign.js';
import { givenKey, operatorSigner } from '../signer.js';
import { findAccount, readOperator } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import { type RotateOptions, refuseKept } from './options.js';
import { type Rotated, rotated } from './rotated.js';

/** As `account signing-key rotate`. */
export async function rotateAccountSigning(
  workspace: Workspace,
  name: string,
  oldKey: string,
  wanted: RotateOptions,
): Promise<Rotated> {
  refuseKept(wanted, 'a signing key of an account');
  const { sub } = (await findAccount(workspace.store, name)).jwt.claims;
  const options = { key: wanted.key, dryRun: wanted.dryRun };
  const done = await rotateAccountSigningKey(workspace, name, { key: oldKey, newKey: wanted.newKey }, options);
  const batch = newBatch();
  const entity = { creds: null, differences: done.differences };
  batch.changes.push({ kind: 'account', name, account: null, publicKey: sub, ...entity });
  for (const { name: importer, publicKey, differences } of done.importers) {
    batch.changes.push({ kind: 'account', name: importer, account: null, publicKey, creds: null, differences });
  }
  for (const user of done.users) {
    const differences = [{ path: '/iss', before: oldKey, after: done.key }];
    batch.changes.push({ kind: 'user', account: name, differences, ...user });
  }
  return rotated(workspace, {
    kind: 'account signing key',
    name,
    role: done.role,
    oldKey,
    key: done.key,
    batch,
    left: done.left.map((user) => ({ kind: 'user', name: `${name}/${user.name}`, reason: user.reason })),
    activations: done.activations.map((one) => ({ ...one, exporter: name })),
    dryRun: done.dryRun,
  });
}

/** The curve key by which an auth callout's requests are sealed: the callout service needs the new one at the same time. */
export function rotateCurveKey(
  workspace: Workspace,
  name: string,
  oldKey: string,
  wanted: RotateOptions,
): Promise<Rotated> {
  refuseKept(wanted, 'the curve key of an auth callout');
  return changing(workspace, async () => {
    const { store, now } = workspace;
    const { jwt } = await findAccount(store, name);
    const { claims } = jwt;
    const { publicKey, seed } = await givenKey(wanted.newKey, 'curve');
    const changed = {
      ...claims,
      nats: { ...claims.nats, authorization: { ...claims.nats.authorization, xkey: publicKey } },
    };
    const operator = (await readOperator(store)).claims;
    const signer = await operatorSigner(workspace, operator, { key: wanted.key, previous: claims.iss, own: jwt });
    const batch = newBatch();
    putAccount(batch, store, name, claims, await signChecked(changed, signer, { now, after: claims.iat }));
    await commitBatch(workspace, batch, { seeds: [seed], dryRun: wanted.dryRun });
    return rotated(workspace, {
      kind: 'curve key',
      name,
      oldKey,
      key: publicKey,
      batch,
      hasSeed: seed !== null,
      warnings: ['the auth callout service opens requests with the new key only, once the account is pushed'],
      dryRun: wanted.dryRun === true,
    });
  });
}
