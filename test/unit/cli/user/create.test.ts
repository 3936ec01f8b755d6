import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { newAccount, noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { signChecked } from '../../../../cli/sign.js';
import { operatorSigner } from '../../../../cli/signer.js';
import { findSeed, keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { addAccount, readAccount, readOperator, writeAccount } from '../../../../cli/store/store.js';
import { listUserNames, readUser } from '../../../../cli/store/users.js';
import { createUser, type NewUser } from '../../../../cli/user/create.js';
import { makeCreds } from '../../../../cli/user/creds.js';
import { deleteUsers } from '../../../../cli/user/delete.js';
import { describeUser } from '../../../../cli/user/describe.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

/** An account `shop` with a signing key of the role `sales`, in the store. */
async function withRole(workspace: Workspace, allow = ['sales.>']): Promise<{ account: Seed; role: Seed }> {
  const [account, role] = [Seed.generate('account'), Seed.generate('account')];
  const claims = newAccount(account.publicKey, 'shop');
  const template = { ...noLimits(), pub: { allow, deny: [] } };
  claims.nats.signing_keys.set(role.publicKey, {
    kind: 'user_scope',
    key: role.publicKey,
    role: 'sales',
    template,
    description: '',
  });
  const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
  const jwt = await signChecked(claims, signer, { now: NOW });
  for (const seed of [account, role]) await writeSeed(workspace.keystore, seed);
  await addAccount(workspace.store, 'shop', jwt.token);
  return { account, role };
}

const user = (name: string, more: Partial<NewUser> = {}): NewUser => ({ name, ...noPermissions, ...more });

describe('user create', () => {
  it('writes key, token and creds, and says where', async () => {
    const workspace = await tempWorkspace();
    const account = await createAccount(workspace, { name: 'orders' });
    const created = await createUser(
      workspace,
      user('checkout', { account: 'orders', allowPub: ['a.>'], denySub: ['b q'], expiry: NOW + 60, tags: ['t'] }),
    );
    expect(created).toMatchObject({
      account: 'orders',
      accountKey: account.publicKey,
      issuer: account.publicKey,
      role: null,
      expires: NOW + 60,
    });
    const creds = parseCreds(readFileSync(created.creds as string, 'utf8'));
    expect(creds.seed.publicKey).toBe(created.publicKey);
    const { jwt } = await readUser(workspace.store, 'orders', 'checkout');
    expect(jwt.token).toBe(creds.token);
    expect(jwt.claims).toMatchObject({
      exp: NOW + 60,
      nats: { pub: { allow: ['a.>'], deny: [] }, sub: { allow: [], deny: ['b q'] }, tags: ['t'], subs: -1 },
    });
    expect(jwt.claims.nats.issuer_account).toBeUndefined();
    expect((await makeCreds(workspace, { user: 'checkout', account: 'orders' })).text).toBe(
      readFileSync(created.creds as string, 'utf8'),
    );
  });

  it('with a role holds nothing of its own, and prints the role', async () => {
    const workspace = await tempWorkspace();
    const { account, role } = await withRole(workspace);
    for (const key of ['sales', role.publicKey, role.reveal()]) {
      const name = `u${key.length}`;
      const created = await createUser(workspace, user(name, { account: 'shop', key }));
      expect(created).toMatchObject({ role: 'sales', issuer: role.publicKey, accountKey: account.publicKey });
      const { claims } = (await readUser(workspace.store, 'shop', name)).jwt;
      expect(claims.nats).toMatchObject({ issuer_account: account.publicKey, subs: 0, data: 0, payload: 0 });
      expect(await describeUser(workspace, { user: name, account: 'shop' })).toMatchObject({ role: 'sales' });
    }
    for (const more of [{ allowPub: ['a'] }, { bearer: true }]) {
      const wanted = user('x', { account: 'shop', key: 'sales', ...more });
      await expect(createUser(workspace, wanted)).rejects.toMatchObject({ code: 'ERR_SCOPED_PERMISSIONS' });
    }
    await expect(createUser(workspace, user('x', { account: 'shop', key: 'nosuch' }))).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
      hint: expect.stringContaining('sales'),
    });
  });

  it('with a role whose template its name or tags cannot fill is not made, or is told what it lacks', async () => {
    const workspace = await tempWorkspace();
    const { account, role } = await withRole(workspace, ['sales.{{name()}}', 'team.{{tag(team)}}']);
    const made = (name: string, tags: string[] = []) =>
      createUser(workspace, user(name, { account: account.publicKey, key: role.publicKey, tags }));
    expect((await made('ann', ['team:a'])).warnings).toEqual([]);
    expect((await made('bob')).warnings).toEqual([expect.stringContaining('team.{{tag(team)}}')]);
    expect((await made('a.b')).warnings).toHaveLength(2);
  });

  it('never takes a role by default: without a plain key it names the roles', async () => {
    const workspace = await tempWorkspace();
    const { account } = await withRole(workspace);
    rmSync(keyFile(workspace.keystore, account.publicKey));
    await expect(createUser(workspace, user('x', { account: 'shop' }))).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
      hint: expect.stringContaining('sales'),
    });
  });

  it('under a strict operator is signed by a signing key and names its account', async () => {
    const workspace = await tempWorkspace({ requireSigningKeys: true });
    const account = await createAccount(workspace, { name: 'orders' });
    await createUser(workspace, user('checkout', { account: 'orders' }));
    const { claims } = (await readUser(workspace.store, 'orders', 'checkout')).jwt;
    expect(claims).toMatchObject({ iss: account.signingKeys[0], nats: { issuer_account: account.publicKey } });
    await createAccount(workspace, { name: 'bare', signingKey: false });
    await expect(createUser(workspace, user('x', { account: 'bare' }))).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
    });
  });

  it('of a user who keeps the seed has no creds file', async () => {
    const workspace = await tempWorkspace();
    const { publicKey } = Seed.generate('user');
    const created = await createUser(workspace, user('x', { account: 'SYS', publicKey }));
    expect(created).toMatchObject({ publicKey, creds: null });
    await expect(makeCreds(workspace, { user: 'x', account: 'SYS' })).rejects.toMatchObject({
      code: 'ERR_KEY_MISSING',
    });
    const wrong = user('y', { account: 'SYS', publicKey: Seed.generate('account').publicKey });
    await expect(createUser(workspace, wrong)).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
  });

  it('refuses a bearer user where the account allows none, a taken name and an unknown account', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const { claims } = (await readAccount(workspace.store, 'orders')).jwt;
    claims.nats.limits.disallow_bearer = true;
    const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
    await writeAccount(workspace.store, 'orders', (await signChecked(claims, signer, { now: NOW })).token);
    const made = (wanted: NewUser) => createUser(workspace, { account: 'orders', ...wanted });
    await expect(made(user('b', { bearer: true }))).rejects.toMatchObject({ code: 'ERR_BEARER_DISALLOWED' });
    await made(user('checkout'));
    await expect(made(user('Checkout'))).rejects.toMatchObject({ code: 'ERR_USER_NAME_TAKEN' });
    await expect(made(user('x', { account: 'nope' }))).rejects.toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN' });
    expect(await listUserNames(workspace.store, 'orders')).toEqual(['checkout']);
  });

  it('loses no private key that is in the creds a deleted user of the name left', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const make = () => createUser(workspace, { name: 'ann', account: 'orders', ...noPermissions });
    const first = await make();
    const kept = { users: ['ann'], account: 'orders', removeKeys: false, keepCreds: true, revoke: false };
    await deleteUsers(workspace, kept, {});
    rmSync(keyFile(workspace.keystore, first.publicKey));
    const second = await make();
    expect(second.publicKey).not.toBe(first.publicKey);
    expect((await findSeed(workspace.keystore, first.publicKey))?.publicKey).toBe(first.publicKey);
  });
});
