import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { editAccount } from '../../../../cli/account/edit.js';
import { editOperator, type OperatorEdit } from '../../../../cli/operator/edit.js';
import {
  addOperatorSigningKey,
  listOperatorSigningKeys,
  removeOperatorSigningKey,
} from '../../../../cli/operator/signing-keys.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { createUser } from '../../../../cli/user/create.js';
import { editUser } from '../../../../cli/user/edit.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { noAccountEdit, noTags } from '../edits.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const nothing: OperatorEdit = { serviceUrls: { add: [], remove: [] }, tags: noTags };
const edit = (workspace: Workspace, change: Partial<OperatorEdit>, options = {}) =>
  editOperator(workspace, { ...nothing, ...change }, options);

describe('operator edit', () => {
  it('changes what is given and undoes it', async () => {
    const workspace = await tempWorkspace({ serviceUrls: ['nats://old:4222'] });
    const before = (await readOperator(workspace.store)).claims;
    const other = await createAccount(workspace, { name: 'other' });
    const { after } = await edit(workspace, {
      serviceUrls: { add: ['TLS://New:4222/', 'ws://b:80'], remove: ['nats://OLD:4222'] },
      accountServerUrl: 'https://jwt.acme.example',
      systemAccount: 'other',
      assertServerVersion: '2.10.0',
      tags: { add: ['b', 'a'], remove: [] },
      start: NOW - 5,
      expiry: NOW + 60,
    });
    expect(after).toMatchObject({
      exp: NOW + 60,
      nbf: NOW - 5,
      nats: {
        operator_service_urls: ['tls://new:4222', 'ws://b:80'],
        account_server_url: 'https://jwt.acme.example/jwt/v1',
        system_account: other.publicKey,
        assert_server_version: '2.10.0',
        tags: ['a', 'b'],
      },
    });
    expect((await readOperator(workspace.store)).claims).toEqual(after);
    await edit(workspace, {
      serviceUrls: { add: ['nats://old:4222'], remove: ['tls://new:4222', 'ws://b:80'] },
      accountServerUrl: '',
      systemAccount: before.nats.system_account,
      assertServerVersion: '',
      tags: { add: [], remove: ['a', 'b'] },
      start: 0,
      expiry: 0,
    });
    const undone = (await readOperator(workspace.store)).claims;
    expect(undone.nats).toEqual(before.nats);
    expect((await edit(workspace, { systemAccount: '' })).after.nats).not.toHaveProperty('system_account');
  });

  it.each<[string, Partial<OperatorEdit>]>([
    ['ERR_USAGE', {}],
    ['ERR_URL_INVALID', { serviceUrls: { add: ['http://x'], remove: [] } }],
    ['ERR_ENTRY_UNKNOWN', { serviceUrls: { add: [], remove: ['nats://x'] } }],
    ['ERR_URL_INVALID', { accountServerUrl: 'nowhere' }],
    ['ERR_ACCOUNT_UNKNOWN', { systemAccount: 'nowhere' }],
    ['ERR_CLAIMS_INVALID', { assertServerVersion: 'v2' }],
  ])('refuses with %s: %j', async (code, change) => {
    const workspace = await tempWorkspace();
    const { token } = await readOperator(workspace.store);
    await expect(edit(workspace, change)).rejects.toMatchObject({ code });
    expect((await readOperator(workspace.store)).token).toBe(token);
  });

  it('takes no account with JetStream for the system', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'other' });
    await editAccount(workspace, 'other', { ...noAccountEdit, jetStream: { tier: 1, limits: { disk_storage: 5 } } });
    const refused = edit(workspace, { systemAccount: 'other' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_JETSTREAM_SYSTEM_ACCOUNT' });
    const elsewhere = Seed.generate('account').publicKey;
    expect((await edit(workspace, { systemAccount: elsewhere })).after.nats.system_account).toBe(elsewhere);
  });

  it('requires signing keys once nothing is signed by an identity key, and says what is', async () => {
    const workspace = await tempWorkspace();
    const operator = (await readOperator(workspace.store)).claims.sub;
    const orders = await createAccount(workspace, { name: 'orders', signingKey: true, key: operator });
    await createUser(workspace, { ...noPermissions, name: 'ann', account: 'orders', key: orders.publicKey });
    const strict = () => edit(workspace, { requireSigningKeys: true });
    await expect(strict()).rejects.toMatchObject({
      code: 'ERR_IDENTITY_KEY_USED',
      details: { accounts: ['orders'], users: ['orders/ann'] },
    });
    const key = (await readOperator(workspace.store)).claims.nats.signing_keys[0];
    await editAccount(workspace, 'orders', noAccountEdit, { key });
    await expect(strict()).rejects.toMatchObject({ details: { accounts: [], users: ['orders/ann'] } });
    const ann = { user: 'ann', account: 'orders' };
    await editUser(workspace, ann, { limits: limitEdit({}), tags: noTags }, { key: orders.signingKeys[0] });
    expect((await strict()).after.nats.strict_signing_key_usage).toBe(true);
    expect((await strict()).differences).toEqual([]);
    const lax = await edit(workspace, { requireSigningKeys: false });
    expect(lax.after.nats).not.toHaveProperty('strict_signing_key_usage');
  });

  it('requires no signing keys where there are none', async () => {
    const workspace = await tempWorkspace({ signingKey: false });
    const refused = edit(workspace, { requireSigningKeys: true });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SIGNING_KEYS_REQUIRED' });
  });
});

describe('signing keys of an operator', () => {
  it('are made, given, listed and refused twice', async () => {
    const workspace = await tempWorkspace();
    const dry = await addOperatorSigningKey(workspace, undefined, { dryRun: true });
    expect(existsSync(dry.file as string)).toBe(false);
    const made = await addOperatorSigningKey(workspace, undefined);
    expect(existsSync(made.file as string)).toBe(true);
    const elsewhere = Seed.generate('operator').publicKey;
    expect(await addOperatorSigningKey(workspace, elsewhere)).toMatchObject({ key: elsewhere, file: null });
    const twice = addOperatorSigningKey(workspace, elsewhere);
    await expect(twice).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_TAKEN' });
    const wrong = addOperatorSigningKey(workspace, Seed.generate('account').reveal());
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    const listed = await listOperatorSigningKeys(workspace);
    expect(listed).toMatchObject({ operator: 'acme', required: false, identity: { stored: true, accounts: [] } });
    expect(listed.signingKeys).toHaveLength(3);
    expect(listed.signingKeys[2]).toEqual({ key: elsewhere, stored: false, accounts: [] });
  });

  it('are removed, after what they signed is signed anew', async () => {
    const workspace = await tempWorkspace();
    const [first] = (await readOperator(workspace.store)).claims.nats.signing_keys as [string];
    await createAccount(workspace, { name: 'orders', key: first });
    const before = (await readAccount(workspace.store, 'orders')).jwt;
    expect(before.claims.iss).toBe(first);
    const dry = await removeOperatorSigningKey(workspace, first, { dryRun: true });
    expect(dry).toMatchObject({ changed: true, accounts: ['SYS', 'orders'] });
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(before.token);
    expect(await removeOperatorSigningKey(workspace, first)).toMatchObject({ key: first, accounts: ['SYS', 'orders'] });
    const after = (await readAccount(workspace.store, 'orders')).jwt.claims;
    expect(after.iss).toBe((await readOperator(workspace.store)).claims.sub);
    expect(after.nats).toEqual(before.claims.nats);
    await expect(removeOperatorSigningKey(workspace, first)).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_UNKNOWN' });
  });

  it('the last one stays where signing keys are required; the one that signed the operator may go', async () => {
    const workspace = await tempWorkspace({ requireSigningKeys: true });
    const [last] = (await readOperator(workspace.store)).claims.nats.signing_keys as [string];
    const refused = removeOperatorSigningKey(workspace, last);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SIGNING_KEYS_REQUIRED' });
    const { key } = await addOperatorSigningKey(workspace, undefined, { key: last });
    expect((await readOperator(workspace.store)).claims.iss).toBe(last);
    await removeOperatorSigningKey(workspace, last);
    const { claims } = await readOperator(workspace.store);
    expect(claims).toMatchObject({ iss: claims.sub, nats: { signing_keys: [key] } });
    expect((await readAccount(workspace.store, 'SYS')).jwt.claims.iss).toBe(key);
  });
});
