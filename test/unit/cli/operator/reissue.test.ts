import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { importOperator } from '../../../../cli/operator/import.js';
import { reissueOperator } from '../../../../cli/operator/reissue.js';
import { readOperatorSource } from '../../../../cli/operator/source.js';
import { findSeed, removeSeed, writeSeed } from '../../../../cli/store/keystore.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { startAccountServer } from '../managed/account-server.js';
import { NOW, tempSettings } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

/** `orders` is signed by the identity, unless the operator is strict, and `shop` by the signing key. */
async function twoAccounts(options: Parameters<typeof tempWorkspace>[0] = {}) {
  const workspace = await tempWorkspace(options);
  const operator = (await readOperator(workspace.store)).claims;
  const identity = options.requireSigningKeys ? {} : { key: operator.sub };
  await createAccount(workspace, { name: 'orders', ...identity });
  await createAccount(workspace, { name: 'shop' });
  const issuer = async (name: string) => (await readAccount(workspace.store, name)).jwt.claims.iss;
  return { workspace, operator, issuer };
}

describe('operator reissue', () => {
  it('makes a new identity; what the old one signed is signed by a signing key where there is one', async () => {
    const { workspace, operator, issuer } = await twoAccounts();
    const before = (await readAccount(workspace.store, 'shop')).jwt.token;
    const done = await reissueOperator(workspace, { keepOld: false });
    const after = (await readOperator(workspace.store)).claims;
    expect(after).toMatchObject({ sub: done.key, iss: done.key, iat: operator.iat + 1 });
    expect(after.nats).toEqual(operator.nats);
    expect(await issuer('orders')).toBe(operator.nats.signing_keys[0]);
    expect((await readAccount(workspace.store, 'shop')).jwt.token).toBe(before);
    expect(await findSeed(workspace.keystore, done.key)).not.toBeNull();
    expect(done).toMatchObject({ kind: 'operator', oldKey: operator.sub, left: [], keptOld: false });
    expect(done.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['operator acme', 'account orders']);
    expect(done.todo.join('\n')).toMatch(/restart[\s\S]*push the accounts orders/);
  });

  it('signs by the new identity where there is no signing key, or none is here', async () => {
    const { workspace, operator, issuer } = await twoAccounts({ signingKey: false });
    const done = await reissueOperator(workspace, { keepOld: false });
    for (const name of ['SYS', 'orders', 'shop']) expect(await issuer(name)).toBe(done.key);
    const other = await twoAccounts();
    await removeSeed(other.workspace.keystore, other.operator.nats.signing_keys[0] as string);
    const again = await reissueOperator(other.workspace, { keepOld: false });
    expect(await other.issuer('orders')).toBe(again.key);
    expect(operator.nats.signing_keys).toEqual([]);
  });

  it('keeps the old key as a signing key where that is asked for', async () => {
    const { workspace, operator, issuer } = await twoAccounts();
    const done = await reissueOperator(workspace, { keepOld: true });
    const after = (await readOperator(workspace.store)).claims;
    expect(after.nats.signing_keys).toEqual([...operator.nats.signing_keys, operator.sub]);
    expect(await issuer('orders')).toBe(operator.sub);
    expect(done.changes).toHaveLength(1);
  });

  it('takes a given key, needs the old private key for nothing, and writes nothing on a dry run', async () => {
    const { workspace, operator, issuer } = await twoAccounts();
    await removeSeed(workspace.keystore, operator.sub);
    const seed = Seed.generate('operator');
    await writeSeed(workspace.keystore, seed);
    const dry = await reissueOperator(workspace, { newKey: seed.publicKey, keepOld: false, dryRun: true });
    expect(dry).toMatchObject({ key: seed.publicKey, dryRun: true });
    expect(await issuer('orders')).toBe(operator.sub);
    await reissueOperator(workspace, { newKey: seed.publicKey, keepOld: false });
    expect((await readOperator(workspace.store)).claims.sub).toBe(seed.publicKey);
    expect(await issuer('orders')).toBe(operator.nats.signing_keys[0]);
  });

  it('of a strict operator leaves accounts to its signing keys', async () => {
    const { workspace, operator, issuer } = await twoAccounts({ requireSigningKeys: true });
    await reissueOperator(workspace, { keepOld: false });
    for (const name of ['SYS', 'orders', 'shop']) expect(await issuer(name)).toBe(operator.nats.signing_keys[0]);
  });

  it('refuses a key it has, one that is not here, and a managed operator', async () => {
    const { workspace, operator } = await twoAccounts();
    const refused = (newKey: string) => expect(reissueOperator(workspace, { newKey, keepOld: false })).rejects;
    await refused(operator.sub).toMatchObject({ code: 'ERR_SIGNING_KEY_TAKEN' });
    await refused(operator.nats.signing_keys[0] as string).toMatchObject({ code: 'ERR_SIGNING_KEY_TAKEN' });
    await refused(Seed.generate('operator').publicKey).toMatchObject({ code: 'ERR_KEY_MISSING' });
    await refused(Seed.generate('account').reveal()).toMatchObject({ code: 'ERR_KEY_KIND' });

    const settings = tempSettings();
    const found = await readOperatorSource((await startAccountServer()).operatorToken, {});
    await importOperator(resolvePaths(settings), { found, seeds: [], force: false }, NOW);
    const managed = await openWorkspace(settings, { now: NOW });
    await expect(reissueOperator(managed, { keepOld: false })).rejects.toMatchObject({ code: 'ERR_OPERATOR_MANAGED' });
  });

  it('says which accounts it could not read', async () => {
    const { workspace } = await twoAccounts();
    writeFileSync((await readAccount(workspace.store, 'orders')).file, 'broken');
    const done = await reissueOperator(workspace, { keepOld: false });
    expect(done.left).toEqual([{ kind: 'account', name: 'orders', reason: 'it cannot be read' }]);
  });
});
