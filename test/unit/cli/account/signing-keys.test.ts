import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newActivation } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { Import, UserScope } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { editAccount } from '../../../../cli/account/edit.js';
import { rotateAccountSigningKey } from '../../../../cli/account/rotate-signing-key.js';
import {
  addAccountSigningKey,
  editAccountSigningKey,
  listAccountSigningKeys,
  removeAccountSigningKey,
  withKey,
} from '../../../../cli/account/signing-keys.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { readSeed, writeSeed } from '../../../../cli/store/keystore.js';
import { readAccount } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { editUser } from '../../../../cli/user/edit.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import { renameUserTo } from '../../../../cli/user/rename.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { noAccountEdit } from '../edits.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const nothing = { limits: limitEdit({}) };
const sales = { role: 'sales', limits: limitEdit({ 'allow-pub': ['sales.{{name()}}.>'], subs: '5' }) };

async function withAccount(): Promise<Workspace> {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  return workspace;
}

const user = (workspace: Workspace, name: string, key: string) =>
  createUser(workspace, { ...noPermissions, name, account: 'orders', key });
const keys = async ({ store }: Workspace) => (await readAccount(store, 'orders')).jwt.claims.nats.signing_keys;

describe('signing keys of an account', () => {
  it('are added plain and with a role, made or given, and listed', async () => {
    const workspace = await withAccount();
    const plain = await addAccountSigningKey(workspace, 'orders', nothing);
    expect(existsSync(plain.file as string)).toBe(true);
    const elsewhere = Seed.generate('account').publicKey;
    const given = await addAccountSigningKey(workspace, 'orders', { ...sales, description: 'sells', key: elsewhere });
    expect(given).toMatchObject({ key: elsewhere, role: 'sales', file: null, changed: true });
    const seed = Seed.generate('account');
    const seeded = await addAccountSigningKey(workspace, 'orders', { ...nothing, role: 'stock', key: seed.reveal() });
    expect(readFileSync(seeded.file as string, 'utf8')).toBe(seed.reveal());
    expect((await keys(workspace)).get(elsewhere)).toMatchObject({
      role: 'sales',
      description: 'sells',
      template: { pub: { allow: ['sales.{{name()}}.>'] }, subs: 5, data: -1 },
    });
    await user(workspace, 'bob', 'stock');
    const listed = await listAccountSigningKeys(workspace, 'orders');
    expect(listed.identity).toMatchObject({ stored: true, users: [] });
    expect(listed.signingKeys).toHaveLength(3);
    expect(listed.signingKeys).toContainEqual(
      expect.objectContaining({ key: elsewhere, role: 'sales', stored: false, description: 'sells' }),
    );
    expect(listed.signingKeys).toContainEqual(
      expect.objectContaining({ key: seed.publicKey, role: 'stock', stored: true, users: ['bob'] }),
    );
    expect(listed.signingKeys).toContainEqual(expect.objectContaining({ key: plain.key, role: null, template: null }));
  });

  it('are refused where the role or key is there, the template is wrong, or limits come without a role', async () => {
    const workspace = await withAccount();
    const { key } = await addAccountSigningKey(workspace, 'orders', sales);
    const identity = (await readAccount(workspace.store, 'orders')).jwt.claims.sub;
    const cases: [Parameters<typeof addAccountSigningKey>[2], string][] = [
      [sales, 'ERR_ROLE_TAKEN'],
      [{ ...nothing, role: 'a/b' }, 'ERR_NAME_INVALID'],
      [{ ...nothing, role: identity }, 'ERR_USAGE'],
      [{ ...nothing, key }, 'ERR_SIGNING_KEY_TAKEN'],
      [{ ...nothing, key: identity }, 'ERR_SIGNING_KEY_TAKEN'],
      [{ ...nothing, key: Seed.generate('user').publicKey }, 'ERR_KEY_KIND'],
      [{ ...nothing, key: 'nowhere.nk' }, 'ERR_SIGNER_MISSING'],
      [{ limits: sales.limits }, 'ERR_USAGE'],
      [{ role: 'x', limits: limitEdit({ 'allow-pub': ['{{shoe()}}.>'] }) }, 'ERR_CLAIMS_INVALID'],
      [{ role: 'x', limits: limitEdit({ 'source-network': ['here'] }) }, 'ERR_CLAIMS_INVALID'],
    ];
    for (const [wanted, code] of cases) {
      await expect(addAccountSigningKey(workspace, 'orders', wanted), code).rejects.toMatchObject({ code });
    }
    await editAccount(workspace, 'orders', { ...noAccountEdit, limits: { disallow_bearer: true } });
    const bearer = addAccountSigningKey(workspace, 'orders', { role: 'x', limits: limitEdit({ bearer: true }) });
    await expect(bearer).rejects.toMatchObject({ code: 'ERR_BEARER_DISALLOWED' });
    expect((await keys(workspace)).size).toBe(1);
  });

  it('are changed by role or key; users of the role are looked at', async () => {
    const workspace = await withAccount();
    const { key } = await addAccountSigningKey(workspace, 'orders', sales);
    await user(workspace, 'bob', 'sales');
    const limits = limitEdit({ 'allow-sub': ['in.{{tag(team)}}'], subs: '-1' });
    const edited = await editAccountSigningKey(workspace, 'orders', 'sales', {
      role: 'shop',
      description: 'd',
      limits,
    });
    expect(edited).toMatchObject({
      key,
      role: 'shop',
      changed: true,
      warnings: [expect.stringMatching(/user bob: .*team/)],
    });
    expect((await keys(workspace)).get(key)).toMatchObject({
      role: 'shop',
      description: 'd',
      template: { pub: { allow: ['sales.{{name()}}.>'] }, sub: { allow: ['in.{{tag(team)}}'] }, subs: -1 },
    });
    const by = (name: string, edit = nothing) => editAccountSigningKey(workspace, 'orders', name, edit);
    await expect(by(key)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(by('sales', { limits })).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_UNKNOWN' });
    const again = await editAccountSigningKey(workspace, 'orders', key, { ...nothing, role: 'shop' });
    expect(again.changed).toBe(false);
  });

  it('plain ones become a role only before they sign', async () => {
    const workspace = await withAccount();
    const [unused, used] = [
      await addAccountSigningKey(workspace, 'orders', nothing),
      await addAccountSigningKey(workspace, 'orders', nothing),
    ];
    await user(workspace, 'bob', used.key);
    const edit = (key: string, role?: string) =>
      editAccountSigningKey(workspace, 'orders', key, { role, limits: limitEdit({ subs: '5' }) });
    await expect(edit(unused.key)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(edit(used.key, 'x')).rejects.toMatchObject({
      code: 'ERR_SIGNING_KEY_USED',
      details: { users: ['bob'] },
    });
    expect(await edit(unused.key, 'x')).toMatchObject({ role: 'x', changed: true });
  });

  it('are removed; with users only by force', async () => {
    const workspace = await withAccount();
    const { key } = await addAccountSigningKey(workspace, 'orders', sales);
    await user(workspace, 'bob', 'sales');
    const remove = (force: boolean) => removeAccountSigningKey(workspace, 'orders', { key: 'sales', force });
    await expect(remove(false)).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_USED', details: { users: ['bob'] } });
    expect(await remove(true)).toMatchObject({ key, role: 'sales', users: ['bob'], changed: true });
    expect((await keys(workspace)).size).toBe(0);
    await expect(remove(true)).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_UNKNOWN' });
  });

  it('let nobody in again, and nobody out of a role, once they are removed', async () => {
    const workspace = await withAccount();
    await addAccountSigningKey(workspace, 'orders', sales);
    await user(workspace, 'bob', 'sales');
    await removeAccountSigningKey(workspace, 'orders', { key: 'sales', force: true });
    const who = { user: 'bob', account: 'orders' };
    const tagged = { limits: limitEdit({}), tags: { add: ['x'], remove: [] } };
    const untrusted = { code: 'ERR_SIGNER_UNTRUSTED' };
    const { token } = (await readUser(workspace.store, 'orders', 'bob')).jwt;
    await expect(editUser(workspace, who, tagged)).rejects.toMatchObject(untrusted);
    await expect(renameUserTo(workspace, { ...who, to: 'rob' }, {})).rejects.toMatchObject(untrusted);
    expect((await readUser(workspace.store, 'orders', 'bob')).jwt.token).toBe(token);
    await addAccountSigningKey(workspace, 'orders', sales);
    expect(await editUser(workspace, who, tagged, { key: 'sales' })).toMatchObject({ role: 'sales' });
  });
});

it('activations end with the key that signed them: removing it is refused, rotating it tells', async () => {
  const workspace = await withAccount();
  const { key } = await addAccountSigningKey(workspace, 'orders', nothing);
  const { store, keystore, now } = workspace;
  const exporter = (await readAccount(store, 'orders')).jwt.claims.sub;
  const shop = await createAccount(workspace, { name: 'shop' });
  const activation = newActivation(shop.publicKey, 'orders.>', 'stream');
  activation.nats.issuer_account = exporter;
  const { token } = await signClaims(activation, seedSigner(await readSeed(keystore, key, 'it')), { now });
  await changeAccount(workspace, 'shop', {}, (claims) => {
    const taken: Import = { subject: 'orders.>', account: exporter, type: 'stream', token };
    return { ...claims, nats: { ...claims.nats, imports: [taken] } };
  });
  const activations = [{ account: 'shop', subject: 'orders.>' }];
  const removed = removeAccountSigningKey(workspace, 'orders', { key, force: false });
  await expect(removed).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_USED', details: { users: [], activations } });
  expect(await rotateAccountSigningKey(workspace, 'orders', { key })).toMatchObject({ activations, users: [] });
});

describe('signing-key rotate', () => {
  it('puts a new key in the place of a role, and carries its users along but the revoked', async () => {
    const workspace = await withAccount();
    const { key: oldKey } = await addAccountSigningKey(workspace, 'orders', sales);
    const other = await addAccountSigningKey(workspace, 'orders', nothing);
    const [bob, eve] = [await user(workspace, 'bob', 'sales'), await user(workspace, 'eve', 'sales')];
    await user(workspace, 'cid', other.key);
    const publicKey = Seed.generate('user').publicKey;
    await createUser(workspace, { ...noPermissions, name: 'far', account: 'orders', key: 'sales', publicKey });
    await revokeUser(workspace, { user: 'eve', account: 'orders', unlisted: false });
    const token = async (name: string) => (await readUser(workspace.store, 'orders', name)).jwt.token;
    const before = { bob: await token('bob'), eve: await token('eve'), cid: await token('cid') };

    const dry = await rotateAccountSigningKey(workspace, 'orders', { key: 'sales' }, { dryRun: true });
    expect(dry).toMatchObject({ changed: true, dryRun: true, users: [{ name: 'bob', creds: null }, { name: 'far' }] });
    expect(existsSync(dry.file)).toBe(false);
    expect(await token('bob')).toBe(before.bob);

    const rotated = await rotateAccountSigningKey(workspace, 'orders', { key: 'sales' });
    expect(rotated).toMatchObject({
      account: 'orders',
      role: 'sales',
      oldKey,
      users: [
        { name: 'bob', publicKey: bob.publicKey, creds: bob.creds },
        { name: 'far', publicKey, creds: null },
      ],
      left: [{ name: 'eve', reason: 'revoked' }],
    });
    const scopes = await keys(workspace);
    expect([...scopes.keys()].sort()).toEqual([rotated.key, other.key].sort());
    expect(scopes.get(rotated.key)).toMatchObject({ key: rotated.key, role: 'sales', template: { subs: 5 } });
    const stored = (await readUser(workspace.store, 'orders', 'bob')).jwt;
    expect(stored.claims).toMatchObject({ iss: rotated.key, sub: bob.publicKey });
    expect(parseCreds(readFileSync(bob.creds as string, 'utf8')).token).toBe(stored.token);
    expect(await token('cid')).toBe(before.cid);
    expect(await token('eve')).toBe(before.eve);
    expect(parseCreds(readFileSync(eve.creds as string, 'utf8')).token).toBe(before.eve);
  });

  it('ends what was stopped while the account named both keys', async () => {
    const workspace = await withAccount();
    const { key } = await addAccountSigningKey(workspace, 'orders', sales);
    await user(workspace, 'bob', 'sales');
    const seed = Seed.generate('account');
    await writeSeed(workspace.keystore, seed);
    const scope = (await keys(workspace)).get(key) as UserScope;
    await changeAccount(workspace, 'orders', {}, (claims) =>
      withKey(claims, seed.publicKey, { ...scope, key: seed.publicKey }),
    );
    const ambiguous = rotateAccountSigningKey(workspace, 'orders', { key: 'sales' });
    await expect(ambiguous).rejects.toMatchObject({
      code: 'ERR_SIGNING_KEY_UNKNOWN',
      hint: expect.stringContaining(key),
    });
    const ended = await rotateAccountSigningKey(workspace, 'orders', { key, newKey: seed.publicKey });
    expect(ended).toMatchObject({ role: 'sales', users: [{ name: 'bob' }] });
    expect([...(await keys(workspace)).keys()]).toEqual([seed.publicKey]);
  });

  it('takes a key of the keystore, and refuses one it cannot sign with', async () => {
    const workspace = await withAccount();
    const { key } = await addAccountSigningKey(workspace, 'orders', nothing);
    await user(workspace, 'bob', key);
    const seed = Seed.generate('account');
    const rotate = (newKey: string, old = key) => rotateAccountSigningKey(workspace, 'orders', { key: old, newKey });
    await expect(rotate(seed.publicKey)).rejects.toMatchObject({ code: 'ERR_KEY_MISSING' });
    await expect(rotate(key)).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_TAKEN' });
    await expect(rotate(seed.reveal(), 'nobody')).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_UNKNOWN' });
    await writeSeed(workspace.keystore, seed);
    expect(await rotate(seed.publicKey)).toMatchObject({ key: seed.publicKey, role: null, users: [{ name: 'bob' }] });
    expect([...(await keys(workspace)).keys()]).toEqual([seed.publicKey]);
  });
});
