import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { editAccount } from '../../../../cli/account/edit.js';
import { addAccountSigningKey } from '../../../../cli/account/signing-keys.js';
import { readAccount } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { editUser } from '../../../../cli/user/edit.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { noAccountEdit, noTags } from '../edits.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const nothing = { limits: limitEdit({}), tags: noTags };
const limits = (flags: Parameters<typeof limitEdit>[0]) => ({ ...nothing, limits: limitEdit(flags) });
const who = { user: 'ann', account: 'orders' };

async function withUser(more: Parameters<typeof createUser>[1] | object = {}): Promise<Workspace> {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders', signingKey: true });
  await createUser(workspace, { ...noPermissions, name: 'ann', account: 'orders', allowPub: ['a'], ...more });
  return workspace;
}

describe('user edit', () => {
  it('changes every limit, and undoes it', async () => {
    const workspace = await withUser();
    const before = (await readUser(workspace.store, 'orders', 'ann')).jwt.claims.nats;
    const edited = await editUser(workspace, who, {
      limits: limitEdit({
        'allow-sub': ['x q'],
        subs: '5',
        data: '1k',
        payload: '2KiB',
        bearer: true,
        'proxy-required': true,
        time: ['08:00:00-17:00:00,20:00:00-21:00:00'],
        locale: 'Europe/Paris',
        'source-network': ['10.0.0.0/8', 'FD00::/8'],
        'conn-type': ['mqtt', 'in_process'],
      }),
      tags: { add: ['b', 'a'], remove: [] },
      start: NOW - 5,
      expiry: NOW + 60,
    });
    expect(edited).toMatchObject({ name: 'ann', account: 'orders', role: null, warnings: [] });
    expect(edited.after).toMatchObject({
      nbf: NOW - 5,
      exp: NOW + 60,
      nats: {
        pub: { allow: ['a'] },
        sub: { allow: ['x q'] },
        subs: 5,
        data: 1000,
        payload: 2048,
        bearer_token: true,
        proxy_required: true,
        times: [
          { start: '08:00:00', end: '17:00:00' },
          { start: '20:00:00', end: '21:00:00' },
        ],
        times_location: 'Europe/Paris',
        src: ['10.0.0.0/8', 'fd00::/8'],
        allowed_connection_types: ['MQTT', 'IN_PROCESS'],
        tags: ['a', 'b'],
      },
    });
    const stored = (await readUser(workspace.store, 'orders', 'ann')).jwt;
    expect(stored.claims).toEqual(edited.after);
    expect(parseCreds(readFileSync(edited.creds as string, 'utf8')).token).toBe(stored.token);

    await editUser(workspace, who, {
      limits: limitEdit({
        'rm-allow-sub': ['x q'],
        subs: '-1',
        data: 'unlimited',
        payload: '-1',
        bearer: false,
        'proxy-required': false,
        'rm-time': ['8:00:00', '20:00:00-21:00:00'],
        locale: '',
        'rm-source-network': ['10.0.0.0/8,fd00::/8'],
        'rm-conn-type': ['Mqtt', 'IN_PROCESS'],
      }),
      tags: { add: [], remove: ['a', 'b'] },
      start: 0,
      expiry: 0,
    });
    const undone = (await readUser(workspace.store, 'orders', 'ann')).jwt.claims;
    expect(undone.nats).toEqual(before);
    expect(undone).not.toHaveProperty('exp');
  });

  it('writes nothing with --dry-run, and nothing where nothing changes', async () => {
    const workspace = await withUser();
    const { token } = (await readUser(workspace.store, 'orders', 'ann')).jwt;
    const shown = await editUser(workspace, who, limits({ subs: '5' }), { dryRun: true });
    expect(shown.differences).toEqual([{ path: '/nats/subs', before: -1, after: 5 }]);
    expect((await editUser(workspace, who, limits({ 'allow-pub': ['a'] }))).differences).toEqual([]);
    expect((await readUser(workspace.store, 'orders', 'ann')).jwt.token).toBe(token);
  });

  it.each([
    [limits({ 'source-network': ['10.0.0.1'] }), 'ERR_CLAIMS_INVALID'],
    [limits({ locale: 'Mars/Base' }), 'ERR_CLAIMS_INVALID'],
    [limits({ 'allow-pub': ['a b'] }), 'ERR_CLAIMS_INVALID'],
    [limits({ 'allow-sub': ['a..b'] }), 'ERR_CLAIMS_INVALID'],
    [limits({ 'rm-time': ['08:00:00'] }), 'ERR_ENTRY_UNKNOWN'],
    [limits({ 'rm-conn-type': ['MQTT'] }), 'ERR_ENTRY_UNKNOWN'],
    [{ ...nothing, tags: { add: [], remove: ['x'] } }, 'ERR_ENTRY_UNKNOWN'],
    [nothing, 'ERR_USAGE'],
  ])('refuses %#', async (edit, code) => {
    const workspace = await withUser();
    const { token } = (await readUser(workspace.store, 'orders', 'ann')).jwt;
    await expect(editUser(workspace, who, edit)).rejects.toMatchObject({ code });
    expect((await readUser(workspace.store, 'orders', 'ann')).jwt.token).toBe(token);
  });

  it.each([{ time: ['8-17'] }, { 'conn-type': ['carrier-pigeon'] }, { subs: 'many' }])(
    'is wrong usage: %j',
    (flags) => {
      expect(() => limitEdit(flags)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
    },
  );

  it('writes no creds where the seed is not here, and takes the key for the name', async () => {
    const publicKey = Seed.generate('user').publicKey;
    const workspace = await withUser({ publicKey });
    const edited = await editUser(workspace, { ...who, user: publicKey }, limits({ subs: '5' }));
    expect(edited).toMatchObject({ name: 'ann', creds: null, after: { sub: publicKey, nats: { subs: 5 } } });
  });

  it('says where an allow list that lost its last entry allows everything', async () => {
    const workspace = await withUser();
    const edited = await editUser(workspace, who, limits({ rm: ['a'] }), { dryRun: true });
    expect(edited.warnings).toEqual([expect.stringContaining('now it may to every one')]);
  });

  it('refuses bearer where the account does', async () => {
    const workspace = await withUser();
    await editAccount(workspace, 'orders', { ...noAccountEdit, limits: { disallow_bearer: true } });
    const refused = editUser(workspace, who, limits({ bearer: true }));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_BEARER_DISALLOWED' });
  });

  it('brings no revoked user back, and says so where everyone was revoked', async () => {
    const workspace = await withUser();
    await revokeUser(workspace, { ...who, user: '*', unlisted: false });
    const edited = await editUser(workspace, who, limits({ subs: '5' }));
    expect(edited.warnings).toEqual([expect.stringContaining('was revoked')]);
    const revokedAt = (await readAccount(workspace.store, 'orders')).jwt.claims.nats.revocations.get('*') as number;
    expect(edited.after.iat).toBeGreaterThan(revokedAt);
    await revokeUser(workspace, { ...who, unlisted: false });
    const refused = editUser(workspace, who, limits({ subs: '6' }));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_USER_REVOKED' });
  });
});

describe('user edit and roles', () => {
  const role = (workspace: Workspace, name: string, allow: string) =>
    addAccountSigningKey(workspace, 'orders', { role: name, limits: limitEdit({ 'allow-pub': [allow] }) });

  it('leaves a user of a role with the role, and without anything of its own', async () => {
    const workspace = await withUser();
    const { key } = await role(workspace, 'sales', 'sales.>');
    await createUser(workspace, { ...noPermissions, name: 'bob', account: 'orders', key: 'sales' });
    const bob = { user: 'bob', account: 'orders' };
    const edited = await editUser(workspace, bob, { ...nothing, tags: { add: ['t'], remove: [] } });
    expect(edited).toMatchObject({ role: 'sales', after: { iss: key, nats: { subs: 0, tags: ['t'] } } });
    const own = editUser(workspace, bob, limits({ subs: '5' }));
    await expect(own).rejects.toMatchObject({ code: 'ERR_SCOPED_PERMISSIONS' });
  });

  it('moves a user into a role, to another one, and out', async () => {
    const workspace = await withUser({ allowPub: [] });
    const account = await createdKeys(workspace);
    const [sales, stock] = [await role(workspace, 'sales', 's.>'), await role(workspace, 'stock', 't.>')];
    const into = await editUser(workspace, who, nothing, { key: 'sales' });
    expect(into.after).toMatchObject({
      iss: sales.key,
      nats: { subs: 0, data: 0, payload: 0, issuer_account: account },
    });
    expect(into.differences[0]).toMatchObject({ path: '/iss', after: sales.key });
    expect((await editUser(workspace, who, nothing, { key: 'stock' })).after.iss).toBe(stock.key);
    const out = await editUser(workspace, who, nothing, { key: account });
    expect(out.after).toMatchObject({ iss: account, nats: { subs: -1, data: -1, payload: -1 } });
    expect(out.after.nats).not.toHaveProperty('issuer_account');
    const stored = (await readUser(workspace.store, 'orders', 'ann')).jwt;
    expect(decodeAs('user', stored.token).claims).toEqual(out.after);
  });

  it('refuses to move a user with permissions of its own into a role, and tells what a template lacks', async () => {
    const workspace = await withUser();
    await role(workspace, 'sales', 'sales.{{tag(team)}}.>');
    const refused = editUser(workspace, who, nothing, { key: 'sales' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    const key = 'sales';
    const tags = ['team:a'];
    await createUser(workspace, { ...noPermissions, name: 'bob', account: 'orders', key, tags });
    const without = { ...nothing, tags: { add: ['x'], remove: tags } };
    const edited = await editUser(workspace, { user: 'bob', account: 'orders' }, without);
    expect(edited.warnings).toEqual([expect.stringContaining('does not give this user')]);
  });
});

async function createdKeys({ store }: Workspace): Promise<string> {
  const { claims } = (await readUser(store, 'orders', 'ann')).jwt;
  return claims.nats.issuer_account ?? claims.iss;
}
