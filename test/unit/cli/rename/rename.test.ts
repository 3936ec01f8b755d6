import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { renameAccountTo } from '../../../../cli/account/rename.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { renameOperatorTo } from '../../../../cli/operator/rename.js';
import { readBaseToken, writeBase } from '../../../../cli/store/base.js';
import { readContextFile } from '../../../../cli/store/context.js';
import { credsFile, writeSeed } from '../../../../cli/store/keystore.js';
import { listAccountNames, listOperatorNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { listUserNames, readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { renameUserTo } from '../../../../cli/user/rename.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { openWorkspace, type Workspace } from '../../../../cli/workspace.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';

const make = (workspace: Workspace, name: string, key?: string) =>
  createUser(workspace, { name, account: 'shop', ...noPermissions, key });

/** A role of the account `shop`, whose users publish under the account's and their own name. */
async function addRole(workspace: Workspace, role: string): Promise<void> {
  const seed = Seed.generate('account');
  await writeSeed(workspace.keystore, seed);
  const template = noLimits();
  template.pub.allow = ['{{account-name()}}.{{name()}}.>'];
  await changeAccount(workspace, 'shop', {}, (claims) => {
    const keys = new Map(claims.nats.signing_keys);
    keys.set(seed.publicKey, { kind: 'user_scope', key: seed.publicKey, role, template, description: '' });
    return { ...claims, nats: { ...claims.nats, signing_keys: keys } };
  });
}

describe('account rename', () => {
  it('takes folder, creds and base along, with the name in the claims', async () => {
    const { workspace, shop } = await threeAccounts();
    const { store, keystore } = workspace;
    await make(workspace, 'ann');
    const before = (await readAccount(store, 'shop')).jwt;
    await writeBase(store, shop, before.token);
    expect(await renameAccountTo(workspace, { account: shop, to: 'store' }, { dryRun: true })).toMatchObject({
      from: 'shop',
      to: 'store',
      dryRun: true,
      differences: [{ path: '/name', before: 'shop', after: 'store' }],
    });
    expect(await listAccountNames(store)).toContain('shop');
    await renameAccountTo(workspace, { account: 'shop', to: 'store' }, {});
    const after = (await readAccount(store, 'store')).jwt.claims;
    expect(after).toMatchObject({ sub: shop, name: 'store', iat: before.claims.iat + 1 });
    expect(await listAccountNames(store)).toEqual(['SYS', 'billing', 'other', 'store']);
    expect(await listUserNames(store, 'store')).toEqual(['ann']);
    expect(existsSync(path.join(store.dir, 'accounts/store/shop.jwt'))).toBe(false);
    expect(existsSync(credsFile(keystore, 'acme', 'store', 'ann'))).toBe(true);
    expect(existsSync(credsFile(keystore, 'acme', 'shop', 'ann'))).toBe(false);
    expect(await readBaseToken(store, shop)).toBe(before.token);
  });

  it('follows in the context, takes other letter case, warns of roles with the name in them', async () => {
    const { workspace } = await threeAccounts();
    await addRole(workspace, 'sales');
    const paths = { ...workspace.paths, operator: 'acme', account: 'shop' };
    const done = await renameAccountTo({ ...workspace, paths }, { account: 'shop', to: 'Shop' }, {});
    expect(done.warnings).toEqual([expect.stringContaining('role sales')]);
    expect(readContextFile(paths.configFile)).toMatchObject({ operator: 'acme', account: 'Shop' });
    expect(await listAccountNames(workspace.store)).toContain('Shop');
  });

  it('refuses a name that is taken or cannot be, and creds that are in the way', async () => {
    const { workspace } = await threeAccounts();
    const rename = (to: string) => renameAccountTo(workspace, { account: 'shop', to }, {});
    await expect(rename('Billing')).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NAME_TAKEN' });
    await expect(rename('a/b')).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    mkdirSync(path.dirname(credsFile(workspace.keystore, 'acme', 'store', 'x')), { recursive: true });
    await expect(rename('store')).rejects.toMatchObject({ code: 'ERR_CREDS_IN_THE_WAY' });
    expect(await listAccountNames(workspace.store)).toContain('shop');
  });

  it('writes nothing where a folder that is no account or operator is in the way', async () => {
    const { workspace } = await threeAccounts();
    const { store } = workspace;
    for (const dir of [path.join(store.dir, 'accounts', 'attic'), path.join(store.root, 'attic')]) {
      mkdirSync(dir);
      writeFileSync(path.join(dir, 'notes'), '');
    }
    const files = () => readdirSync(store.root, { recursive: true }).sort();
    const before = files();
    const inTheWay = { code: 'ERR_STORE_IO', message: expect.stringContaining('in the way') };
    await expect(renameAccountTo(workspace, { account: 'shop', to: 'attic' }, {})).rejects.toMatchObject(inTheWay);
    await expect(renameOperatorTo(workspace, 'attic', {})).rejects.toMatchObject(inTheWay);
    expect(files()).toEqual(before);
    expect(await listOperatorNames(store.root)).toEqual(['acme']);
    expect(readFileSync(path.join(store.dir, '.nsc'), 'utf8')).toContain('"acme"');
  });
});

describe('user rename', () => {
  it('signs again and moves the creds', async () => {
    const { workspace } = await threeAccounts();
    const { store } = workspace;
    const ann = await make(workspace, 'ann');
    await make(workspace, 'bob');
    const rename = (to: string) => renameUserTo(workspace, { user: 'ann', account: 'shop', to }, {});
    await expect(rename('BOB')).rejects.toMatchObject({ code: 'ERR_USER_NAME_TAKEN' });
    const done = await rename('eve');
    expect(done).toMatchObject({ account: 'shop', from: 'ann', to: 'eve', publicKey: ann.publicKey });
    const { jwt } = await readUser(store, 'shop', 'eve');
    expect(jwt.claims).toMatchObject({ name: 'eve', sub: ann.publicKey, iat: NOW + 1 });
    expect(parseCreds(readFileSync(done.creds as string, 'utf8')).token).toBe(jwt.token);
    expect(existsSync(ann.creds as string)).toBe(false);
    expect(await listUserNames(store, 'shop')).toEqual(['bob', 'eve']);
    await renameUserTo(workspace, { user: 'eve', account: 'shop', to: 'Eve' }, {});
    expect(await listUserNames(store, 'shop')).toEqual(['Eve', 'bob']);
  });

  it('takes no creds that were kept of another user', async () => {
    const { workspace } = await threeAccounts();
    await make(workspace, 'ann');
    const file = credsFile(workspace.keystore, 'acme', 'shop', 'eve');
    writeFileSync(file, 'the only copy of a seed');
    const wanted = { user: 'ann', account: 'shop', to: 'eve' };
    await expect(renameUserTo(workspace, wanted, {})).rejects.toMatchObject({ code: 'ERR_CREDS_IN_THE_WAY' });
    expect(readFileSync(file, 'utf8')).toBe('the only copy of a seed');
    expect(await listUserNames(workspace.store, 'shop')).toEqual(['ann']);
  });

  it('brings no revoked user back', async () => {
    const { workspace } = await threeAccounts();
    await make(workspace, 'ann');
    await revokeUser(workspace, { user: 'ann', account: 'shop', unlisted: false });
    await expect(renameUserTo(workspace, { user: 'ann', account: 'shop', to: 'eve' }, {})).rejects.toMatchObject({
      code: 'ERR_USER_REVOKED',
    });
    expect(await listUserNames(workspace.store, 'shop')).toEqual(['ann']);
  });

  it('brings nobody back who was revoked with everyone', async () => {
    const { workspace } = await threeAccounts();
    await make(workspace, 'ann');
    await revokeUser(workspace, { user: '*', account: 'shop', unlisted: false });
    await expect(renameUserTo(workspace, { user: 'ann', account: 'shop', to: 'eve' }, {})).rejects.toMatchObject({
      code: 'ERR_USER_REVOKED',
    });
    expect(await listUserNames(workspace.store, 'shop')).toEqual(['ann']);
  });

  it('keeps the role, and refuses a name that its template cannot hold', async () => {
    const { workspace } = await threeAccounts();
    await addRole(workspace, 'sales');
    const clerk = await make(workspace, 'clerk', 'sales');
    const rename = (to: string) => renameUserTo(workspace, { user: clerk.publicKey, account: 'shop', to }, {});
    await rename('boss');
    expect((await readUser(workspace.store, 'shop', 'boss')).jwt.claims).toMatchObject({
      iss: clerk.issuer,
      name: 'boss',
    });
    const odd = await rename('a.b').then(
      (done) => done.warnings,
      (error: { code: string }) => [error.code],
    );
    expect(odd).not.toEqual([]);
  });
});

describe('operator rename', () => {
  it('takes folder, creds and context along', async () => {
    const settings = tempSettings();
    const { workspace } = await threeAccounts({ settings });
    await make(workspace, 'ann');
    const before = (await readOperator(workspace.store)).claims;
    expect(await renameOperatorTo(workspace, 'corp', { dryRun: true })).toMatchObject({
      differences: [{ path: '/name' }],
    });
    expect(await renameOperatorTo(workspace, 'corp', {})).toMatchObject({
      from: 'acme',
      to: 'corp',
      publicKey: before.sub,
    });
    expect(await listOperatorNames(workspace.paths.storeRoot)).toEqual(['corp']);
    const after = await openWorkspace(settings, { now: NOW });
    expect(after.store.name).toBe('corp');
    expect((await readOperator(after.store)).claims).toMatchObject({
      sub: before.sub,
      name: 'corp',
      iat: before.iat + 1,
    });
    expect(existsSync(path.join(after.store.dir, 'acme.jwt'))).toBe(false);
    expect(existsSync(credsFile(after.keystore, 'corp', 'shop', 'ann'))).toBe(true);
    expect(existsSync(credsFile(after.keystore, 'acme', 'shop', 'ann'))).toBe(false);
    expect(await listAccountNames(after.store)).toHaveLength(4);
    await renameOperatorTo(after, 'Corp', {});
    expect(await listOperatorNames(workspace.paths.storeRoot)).toEqual(['Corp']);
  });
});
