import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { deleteAccount } from '../../../../cli/account/delete.js';
import { createExport } from '../../../../cli/export/change.js';
import { createImport } from '../../../../cli/import/create.js';
import { createOperator } from '../../../../cli/operator/create.js';
import { deleteOperator } from '../../../../cli/operator/delete.js';
import { readBaseToken, writeBase } from '../../../../cli/store/base.js';
import { readContextFile } from '../../../../cli/store/context.js';
import { credsFile, keyFile } from '../../../../cli/store/keystore.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { listAccountNames, listOperatorNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { listUserNames, writeUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { deleteUsers } from '../../../../cli/user/delete.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';

const usual = { revoke: true, removeKeys: false, keepCreds: false };

async function users() {
  const { workspace, claims, ...keys } = await threeAccounts();
  const make = (name: string) => createUser(workspace, { name, account: 'shop', ...noPermissions });
  const [ann, bob] = [await make('ann'), await make('bob')];
  const remove = (names: string[], more: Partial<typeof usual> = {}, dryRun = false) =>
    deleteUsers(workspace, { users: names, account: 'shop', ...usual, ...more }, { dryRun });
  return { workspace, claims, ann, bob, remove, make, ...keys };
}

describe('user delete', () => {
  it('revokes them all in one token, and takes their files away; keys stay', async () => {
    const { workspace, claims, ann, bob, remove } = await users();
    const before = (await claims('shop')).iat;
    expect(await remove(['ann', bob.publicKey])).toMatchObject({
      account: 'shop',
      users: [
        { name: 'ann', publicKey: ann.publicKey, revokedAt: NOW, creds: ann.creds },
        { name: 'bob', creds: bob.creds },
      ],
      keys: { removed: [], kept: [] },
    });
    const after = await claims('shop');
    expect([...after.nats.revocations]).toEqual([ann.publicKey, bob.publicKey].sort().map((key) => [key, NOW]));
    expect(after.iat).toBe(before + 1);
    expect(await listUserNames(workspace.store, 'shop')).toEqual([]);
    expect(existsSync(ann.creds as string)).toBe(false);
    expect(existsSync(keyFile(workspace.keystore, ann.publicKey))).toBe(true);
  });

  it('without revoking leaves the account alone; keys go where they are asked to', async () => {
    const { workspace, claims, ann, remove } = await users();
    const { iat } = await claims('shop');
    const done = await remove(['ann'], { revoke: false, removeKeys: true, keepCreds: true });
    expect(done).toMatchObject({ users: [{ revokedAt: null, creds: null }], keys: { removed: [ann.publicKey] } });
    expect((await claims('shop')).iat).toBe(iat);
    expect(existsSync(keyFile(workspace.keystore, ann.publicKey))).toBe(false);
    expect(existsSync(ann.creds as string)).toBe(true);
  });

  it('keeps a key that another user has too', async () => {
    const { workspace, ann, remove } = await users();
    const token = readFileSync(path.join(workspace.store.dir, 'accounts/shop/users/ann.jwt'), 'utf8');
    await writeUser(workspace.store, 'other', 'ann', token);
    expect((await remove(['ann'], { removeKeys: true })).keys).toEqual({ removed: [], kept: [ann.publicKey] });
    expect(existsSync(keyFile(workspace.keystore, ann.publicKey))).toBe(true);
  });

  it('changes nothing on a dry run, for an unknown one among many, or without the key to revoke with', async () => {
    const { workspace, claims, remove } = await users();
    expect((await remove(['ann'], {}, true)).differences).toMatchObject([{ path: '/nats/revocations' }]);
    await expect(remove(['ann', 'nobody'])).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
    const operator = (await readOperator(workspace.store)).claims;
    for (const key of [operator.sub, ...operator.nats.signing_keys]) await rm(keyFile(workspace.keystore, key));
    await expect(remove(['ann'])).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
    expect(await listUserNames(workspace.store, 'shop')).toEqual(['ann', 'bob']);
    expect((await claims('shop')).nats.revocations.size).toBe(0);
  });

  it('is content with a revocation of everyone that is there already', async () => {
    const { workspace, claims, remove } = await users();
    await revokeUser({ ...workspace, now: NOW + 5 }, { user: '*', account: 'shop', unlisted: false });
    await remove(['ann']);
    const { revocations } = (await claims('shop')).nats;
    expect(revocations.get('*')).toBe(NOW + 5);
  });
});

describe('account delete', () => {
  it('takes the folder, the creds, the base and the context; says who imported from it', async () => {
    const { workspace, shop, claims } = await users();
    await createExport(workspace, { account: 'shop', subject: 'a', type: 'stream' }, {});
    await createImport(
      workspace,
      { account: 'other', source: 'shop', subject: 'a', share: false, allowTrace: false, unmatched: false },
      {},
    );
    await writeBase(workspace.store, shop, (await readAccount(workspace.store, 'shop')).jwt.token);
    const [signing] = (await claims('billing')).nats.signing_keys.keys();
    const wanted = { account: 'shop', removeKeys: false, keepCreds: false };
    expect(await deleteAccount(workspace, wanted, { dryRun: true })).toMatchObject({ dryRun: true, pushed: true });
    const gone = await deleteAccount(workspace, wanted, {});
    expect(gone).toMatchObject({ name: 'shop', publicKey: shop, users: ['ann', 'bob'], pushed: true });
    expect(gone.warnings).toEqual([expect.stringContaining('account other imports a')]);
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'billing', 'other']);
    expect(await readBaseToken(workspace.store, shop)).toBeNull();
    expect(existsSync(path.dirname(credsFile(workspace.keystore, 'acme', 'shop', 'ann')))).toBe(false);
    expect(existsSync(keyFile(workspace.keystore, shop))).toBe(true);
    // The name is free again, also for nsc.
    await createAccount(workspace, { name: 'shop' });
    const all = await deleteAccount(workspace, { account: 'billing', removeKeys: true, keepCreds: true }, {});
    expect(all.keys.removed).toContain(signing);
  });

  it('refuses the system account, and forgets the current one', async () => {
    const { workspace } = await users();
    const remove = (account: string) => deleteAccount(workspace, { account, removeKeys: false, keepCreds: false }, {});
    await expect(remove('SYS')).rejects.toMatchObject({ code: 'ERR_ACCOUNT_IN_USE' });
    const paths = { ...workspace.paths, operator: 'acme', account: 'other' };
    await deleteAccount({ ...workspace, paths }, { account: 'other', removeKeys: false, keepCreds: false }, {});
    expect(readContextFile(paths.configFile)).toMatchObject({ operator: 'acme' });
    expect(readContextFile(paths.configFile).account).toBeUndefined();
  });
});

describe('operator delete', () => {
  it('takes everything of that operator and nothing of another', async () => {
    const settings = tempSettings();
    const paths = resolvePaths(settings);
    const make = (name: string) =>
      createOperator(paths, { name, signingKey: true, requireSigningKeys: false, serviceUrls: [] }, NOW);
    const [acme, other] = [await make('acme'), await make('other')];
    const workspace = await openWorkspace(settings, { operator: 'acme', now: NOW });
    const wanted = { removeKeys: true, keepCreds: false, dryRun: false };
    expect(await deleteOperator(workspace, { ...wanted, dryRun: true })).toMatchObject({ accounts: ['SYS'] });
    expect(await listOperatorNames(paths.storeRoot)).toEqual(['acme', 'other']);
    const gone = await deleteOperator(workspace, wanted);
    expect(gone).toMatchObject({ name: 'acme', publicKey: acme.publicKey, accounts: ['SYS'] });
    // Operator, its signing key, SYS, its signing key, sys.
    expect(gone.keys.removed).toHaveLength(5);
    expect(await listOperatorNames(paths.storeRoot)).toEqual(['other']);
    expect(existsSync(acme.systemAccount.user.creds as string)).toBe(false);
    expect(existsSync(other.systemAccount.user.creds as string)).toBe(true);
    expect(existsSync(keyFile(paths.keystore, other.publicKey))).toBe(true);
    expect((await openWorkspace(settings, { now: NOW })).store.name).toBe('other');
  });
});
