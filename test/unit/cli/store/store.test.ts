import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { createOperator } from '../../../../cli/operator/create.js';
import { readBase, removeBase, writeBase } from '../../../../cli/store/base.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import {
  findAccount,
  isDamaged,
  listAccountNames,
  listAccounts,
  listOperatorNames,
  openOperator,
  readAccount,
  readOperator,
  renameAccount,
} from '../../../../cli/store/store.js';
import { findUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

/** Every path below a folder, folders with a slash. */
function tree(dir: string, below = ''): string[] {
  return readdirSync(path.join(dir, below), { withFileTypes: true })
    .flatMap((entry) => {
      const name = path.join(below, entry.name);
      return entry.isDirectory() ? [`${name}/`, ...tree(dir, name)] : [name];
    })
    .sort();
}

describe('the store', () => {
  it('has the folders and files of nsc, private whatever the umask', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
    const { root, dir } = workspace.store;
    expect(tree(root).filter((name) => !name.includes('.natsctl'))).toEqual([
      'acme/',
      'acme/.nsc',
      'acme/accounts/',
      'acme/accounts/SYS/',
      'acme/accounts/SYS/SYS.jwt',
      'acme/accounts/SYS/users/',
      'acme/accounts/SYS/users/sys.jwt',
      'acme/accounts/orders/',
      'acme/accounts/orders/orders.jwt',
      'acme/accounts/orders/users/',
      'acme/accounts/orders/users/checkout.jwt',
      'acme/acme.jwt',
    ]);
    expect(JSON.parse(readFileSync(path.join(dir, '.nsc'), 'utf8'))).toEqual({
      managed: false,
      name: 'acme',
      kind: 'operator',
      version: '1',
    });
    // A bare token, as nsc writes it and its parser wants it.
    expect(readFileSync(path.join(dir, 'acme.jwt'), 'utf8')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    for (const below of [root, workspace.keystore]) {
      for (const name of tree(below)) {
        const wanted = name.endsWith('/') ? 0o700 : 0o600;
        expect([name, statSync(path.join(below, name)).mode & 0o777]).toEqual([name, wanted]);
      }
    }
  });

  it('has nothing but whole operators in its root, where nats auth fails on anything else', async () => {
    const workspace = await tempWorkspace();
    await createOperator(
      workspace.paths,
      { name: 'other', signingKey: false, requireSigningKeys: false, serviceUrls: [] },
      NOW,
    );
    expect(readdirSync(workspace.store.root)).toEqual(['acme', 'other']);
    expect(readdirSync(path.dirname(workspace.store.root)).sort()).toEqual(['keys', 'stores']);
    expect(await listOperatorNames(workspace.store.root)).toEqual(['acme', 'other']);
    await expect(openOperator(workspace.store.root)).rejects.toMatchObject({ code: 'ERR_OPERATOR_AMBIGUOUS' });
    expect((await openOperator(workspace.store.root, undefined, 'other')).name).toBe('other');
    await expect(openOperator(workspace.store.root, 'third')).rejects.toMatchObject({ code: 'ERR_OPERATOR_UNKNOWN' });
  });

  it('says that there is no operator yet', async () => {
    const { storeRoot } = resolvePaths(tempSettings());
    await expect(openOperator(storeRoot)).rejects.toMatchObject({ code: 'ERR_STORE_EMPTY' });
    expect(existsSync(storeRoot)).toBe(false);
  });

  it('finds accounts and users by name and by key', async () => {
    const workspace = await tempWorkspace();
    const { publicKey } = await createAccount(workspace, { name: 'orders' });
    const user = await createUser(workspace, { name: 'checkout', account: publicKey, ...noPermissions });
    expect((await findAccount(workspace.store, publicKey)).name).toBe('orders');
    expect((await findUser(workspace.store, 'orders', user.publicKey)).name).toBe('checkout');
    await expect(findAccount(workspace.store, 'Orders')).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_UNKNOWN',
      hint: 'did you mean orders?',
    });
    await expect(findAccount(workspace.store, '../../keys')).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    await expect(findUser(workspace.store, 'orders', '..')).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
  });

  it('reads tokens with armor and final newlines, as people leave them', async () => {
    const workspace = await tempWorkspace();
    const { file, jwt } = await readAccount(workspace.store, 'SYS');
    const armored = `-----BEGIN NATS ACCOUNT JWT-----\r\n${jwt.token}\r\n------END NATS ACCOUNT JWT------\r\n\r\n`;
    for (const text of [`${jwt.token}\n`, armored]) {
      writeFileSync(file, text);
      expect((await readAccount(workspace.store, 'SYS')).jwt.token).toBe(jwt.token);
    }
  });

  it('reports a damaged account where accounts are listed, and serves the others', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const { file } = await readAccount(workspace.store, 'orders');
    const torn = readFileSync(file, 'utf8').slice(0, 100);
    writeFileSync(file, torn);
    const [system, orders] = await listAccounts(workspace.store);
    expect(system).toMatchObject({ name: 'SYS', jwt: expect.anything() });
    expect(orders && isDamaged(orders) ? orders.problem : orders).toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    await expect(readAccount(workspace.store, 'orders')).rejects.toMatchObject({ details: { file } });
    expect(readFileSync(file, 'utf8')).toBe(torn);
  });

  it('finds accounts and users with names that nsc takes and we would not give', async () => {
    const workspace = await tempWorkspace();
    const { jwt } = await readAccount(workspace.store, 'SYS');
    for (const name of ['.dot', 'a*b', 'con']) {
      mkdirSync(path.join(workspace.store.dir, 'accounts', name));
      writeFileSync(path.join(workspace.store.dir, 'accounts', name, `${name}.jwt`), jwt.token);
      expect((await findAccount(workspace.store, name)).name).toBe(name);
      await expect(createAccount(workspace, { name })).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    }
    expect((await listAccounts(workspace.store)).filter(isDamaged)).toEqual([]);
  });

  it('skips an account folder without a token, as nsc does', async () => {
    const workspace = await tempWorkspace();
    mkdirSync(path.join(workspace.store.dir, 'accounts', 'half'));
    expect(await listAccountNames(workspace.store)).toEqual(['SYS']);
    await createAccount(workspace, { name: 'half' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'half']);
  });

  it('clears away what an interrupted run left half-filled', async () => {
    const workspace = await tempWorkspace();
    const left = path.join(workspace.store.dir, '.natsctl', 'new-0123');
    mkdirSync(left, { recursive: true });
    writeFileSync(path.join(left, 'x.jwt'), 'x');
    await createAccount(workspace, { name: 'orders' });
    expect(existsSync(left)).toBe(false);
  });

  it('replaces a token file that is a link, and writes nothing through it', async () => {
    const workspace = await tempWorkspace();
    const outside = path.join(path.dirname(workspace.store.root), 'outside');
    writeFileSync(outside, 'mine');
    const file = path.join(workspace.store.dir, 'accounts', 'SYS', 'users', 'x.jwt');
    symlinkSync(outside, file);
    const user = { name: 'X', account: 'SYS', ...noPermissions };
    await expect(createUser(workspace, user)).rejects.toMatchObject({ code: 'ERR_USER_NAME_TAKEN' });
    expect(readFileSync(outside, 'utf8')).toBe('mine');
  });

  it('files an account under a new name with its users', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
    const { token } = (await readAccount(workspace.store, 'orders')).jwt;
    await renameAccount(workspace.store, 'orders', 'Orders', token);
    expect(await listAccountNames(workspace.store)).toEqual(['Orders', 'SYS']);
    expect(readdirSync(path.join(workspace.store.dir, 'accounts', 'Orders')).sort()).toEqual(['Orders.jwt', 'users']);
    await expect(renameAccount(workspace.store, 'Orders', 'sys', token)).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_NAME_TAKEN',
    });
  });

  it('remembers what the service was last seen to hold, per account', async () => {
    const { store } = await tempWorkspace();
    const { claims, token } = (await readAccount(store, 'SYS')).jwt;
    expect(await readBase(store, claims.sub)).toBeNull();
    await writeBase(store, claims.sub, token);
    expect((await readBase(store, claims.sub))?.token).toBe(token);
    const operator = await readOperator(store);
    await expect(writeBase(store, operator.claims.sub, token)).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    await removeBase(store, claims.sub);
    expect(await readBase(store, claims.sub)).toBeNull();
  });
});
