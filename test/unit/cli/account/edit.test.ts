import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { type AccountEdit, editAccount } from '../../../../cli/account/edit.js';
import { addAccountSigningKey } from '../../../../cli/account/signing-keys.js';
import { permissionEdit } from '../../../../cli/permission/flags.js';
import { findSeed } from '../../../../cli/store/keystore.js';
import { readAccount } from '../../../../cli/store/store.js';
import { createUser } from '../../../../cli/user/create.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { noAccountEdit } from '../edits.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const edit = (workspace: Workspace, change: Partial<AccountEdit>, options = {}) =>
  editAccount(workspace, 'orders', { ...noAccountEdit, ...change }, options);

async function withAccount(): Promise<Workspace> {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  return workspace;
}

describe('account edit', () => {
  it('changes what is given and nothing else, and undoes it', async () => {
    const workspace = await withAccount();
    const before = (await readAccount(workspace.store, 'orders')).jwt.claims;
    const { after, name } = await edit(workspace, {
      limits: {
        conn: 1,
        leaf: 2,
        data: 3,
        payload: 4,
        subs: 5,
        imports: 6,
        exports: 7,
        wildcards: false,
        disallow_bearer: true,
      },
      defaultPermissions: permissionEdit({ 'deny-pubsub': ['private.>'] }),
      trace: { dest: 'traces', sampling: 20 },
      clusterTraffic: 'owner',
      description: 'all of them',
      infoUrl: 'https://acme.example/orders',
      tags: { add: ['b', 'a'], remove: [] },
      start: NOW - 5,
      expiry: NOW + 60,
    });
    expect(name).toBe('orders');
    expect(after).toMatchObject({
      exp: NOW + 60,
      nbf: NOW - 5,
      nats: {
        limits: {
          conn: 1,
          leaf: 2,
          data: 3,
          payload: 4,
          subs: 5,
          imports: 6,
          exports: 7,
          wildcards: false,
          disallow_bearer: true,
        },
        default_permissions: { pub: { deny: ['private.>'] }, sub: { deny: ['private.>'] } },
        trace: { dest: 'traces', sampling: 20 },
        cluster_traffic: 'owner',
        description: 'all of them',
        info_url: 'https://acme.example/orders',
        tags: ['a', 'b'],
      },
    });
    expect((await readAccount(workspace.store, 'orders')).jwt.claims).toEqual(after);
    // nsc turns wildcard exports on again and bearers off whatever is edited.
    const kept = await edit(workspace, { trace: { dest: 'elsewhere' } });
    expect(kept.differences).toEqual([{ path: '/nats/trace/dest', before: 'traces', after: 'elsewhere' }]);

    const unlimited = { conn: -1, leaf: -1, data: -1, payload: -1, subs: -1, imports: -1, exports: -1 };
    await edit(workspace, {
      limits: { ...unlimited, wildcards: true, disallow_bearer: false },
      defaultPermissions: permissionEdit({ rm: ['private.>'] }),
      trace: { dest: '' },
      clusterTraffic: 'system',
      description: '',
      infoUrl: '',
      tags: { add: [], remove: ['a', 'b'] },
      start: 0,
      expiry: 0,
    });
    const { cluster_traffic, ...undone } = (await readAccount(workspace.store, 'orders')).jwt.claims.nats;
    expect(cluster_traffic).toBe('system');
    expect(undone).toEqual(before.nats);
  });

  it.each<[string, Partial<AccountEdit>]>([
    ['ERR_USAGE', {}],
    ['ERR_USAGE', { trace: { sampling: 5 } }],
    ['ERR_USAGE', { trace: { dest: '', sampling: 5 } }],
    ['ERR_CLAIMS_INVALID', { trace: { dest: 'a.*' } }],
    ['ERR_CLAIMS_INVALID', { infoUrl: 'somewhere' }],
    ['ERR_CLAIMS_INVALID', { defaultPermissions: permissionEdit({ 'allow-pub': ['a b'] }) }],
    ['ERR_ENTRY_UNKNOWN', { tags: { add: [], remove: ['x'] } }],
  ])('refuses with %s: %j', async (code, change) => {
    const workspace = await withAccount();
    const { token } = (await readAccount(workspace.store, 'orders')).jwt;
    await expect(edit(workspace, change)).rejects.toMatchObject({ code });
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(token);
  });

  it('gives the system account no JetStream', async () => {
    const workspace = await withAccount();
    const jetStream = { limits: { disk_storage: 5 } };
    const refused = editAccount(workspace, 'SYS', { ...noAccountEdit, jetStream });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_JETSTREAM_SYSTEM_ACCOUNT' });
    expect((await editAccount(workspace, 'SYS', { ...noAccountEdit, limits: { conn: 5 } })).differences).toHaveLength(
      1,
    );
  });

  it('disallows bearers only where no user and no role is one, and names them', async () => {
    const workspace = await withAccount();
    await createUser(workspace, { ...noPermissions, name: 'ann', account: 'orders', bearer: true });
    await addAccountSigningKey(workspace, 'orders', { role: 'guests', limits: limitEdit({ bearer: true }) });
    await expect(edit(workspace, { limits: { disallow_bearer: true } })).rejects.toMatchObject({
      code: 'ERR_BEARER_DISALLOWED',
      details: { users: ['ann'], roles: ['guests'] },
    });
  });

  it('is signed anew by the key that is asked for', async () => {
    const workspace = await withAccount();
    const { iss } = (await readAccount(workspace.store, 'orders')).jwt.claims;
    const other = (await edit(workspace, {}, { key: iss })).differences;
    expect(other).toEqual([]);
    const stranger = Seed.generate('operator').reveal();
    await expect(edit(workspace, {}, { key: stranger })).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
  });
});

describe('auth callout', () => {
  const callout = (change: Partial<AccountEdit['authCallout']>) => ({
    authCallout: { ...noAccountEdit.authCallout, ...change },
  });
  const list = (add: string[], remove: string[] = []) => ({ add, remove });

  it('takes names and keys, makes an xkey, and is switched off', async () => {
    const workspace = await withAccount();
    const shop = await createAccount(workspace, { name: 'shop' });
    const user = await createUser(workspace, { ...noPermissions, name: 'decider', account: 'orders' });
    const stranger = Seed.generate('user').publicKey;
    const change = callout({
      authUsers: list(['decider', stranger]),
      allowedAccounts: list(['shop']),
      xkey: 'generate',
    });
    const dry = await edit(workspace, change, { dryRun: true });
    const unwritten = dry.after.nats.authorization.xkey as string;
    expect(await findSeed(workspace.keystore, unwritten)).toBeNull();
    const { authorization } = (await edit(workspace, change)).after.nats;
    expect(authorization).toMatchObject({ auth_users: [user.publicKey, stranger], allowed_accounts: [shop.publicKey] });
    expect(await findSeed(workspace.keystore, authorization.xkey as string)).not.toBeNull();

    const less = callout({ authUsers: list([], [stranger]), allowedAccounts: list(['*'], ['shop']), xkey: '' });
    expect((await edit(workspace, less)).after.nats.authorization).toEqual({
      auth_users: [user.publicKey],
      allowed_accounts: ['*'],
    });
    const off = (await edit(workspace, callout({ disable: true }))).after.nats.authorization;
    expect(off).toEqual({ auth_users: [], allowed_accounts: [] });
  });

  it.each<[string, Partial<AccountEdit['authCallout']>]>([
    ['ERR_USER_UNKNOWN', { authUsers: list(['nobody']) }],
    ['ERR_ACCOUNT_UNKNOWN', { allowedAccounts: list(['nowhere']) }],
    ['ERR_ENTRY_UNKNOWN', { allowedAccounts: list([], ['*']) }],
    ['ERR_CLAIMS_INVALID', { allowedAccounts: list(['*']) }],
    ['ERR_KEY_KIND', { xkey: Seed.generate('user').publicKey }],
    ['ERR_USAGE', { disable: true, xkey: 'generate' }],
  ])('refuses with %s: %j', async (code, change) => {
    await expect(edit(await withAccount(), callout(change))).rejects.toMatchObject({ code });
  });
});
