import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { describeAccount, listAccountSummaries } from '../../../../cli/account/describe.js';
import { permissionEdit } from '../../../../cli/permission/flags.js';
import { readContextFile } from '../../../../cli/store/context.js';
import { keyFile, readSeed, writeSeed } from '../../../../cli/store/keystore.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { tempWorkspace } from '../temp-workspace.js';

describe('account create', () => {
  it('signs with the signing key, and stores the account and its key', async () => {
    const workspace = await tempWorkspace();
    const operator = (await readOperator(workspace.store)).claims;
    const created = await createAccount(workspace, { name: 'orders', tags: ['a'], description: 'all of them' });
    expect(created).toMatchObject({
      name: 'orders',
      operator: 'acme',
      issuer: operator.nats.signing_keys[0],
      signingKeys: [],
    });
    expect((await readAccount(workspace.store, 'orders')).jwt.claims).toMatchObject({
      sub: created.publicKey,
      name: 'orders',
      nats: { tags: ['a'], description: 'all of them', limits: { subs: -1, conn: -1, mem_storage: 0 } },
    });
    expect(await describeAccount(workspace, 'orders')).toMatchObject({
      sync: 'never pushed',
      users: [],
      system: false,
    });
  });

  it('becomes the current account in nsc.json, as with nsc', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    expect(readContextFile(workspace.paths.configFile)).toEqual({
      store_root: workspace.store.root,
      operator: 'acme',
      account: 'orders',
    });
  });

  it('in strict mode skips the identity key and makes a signing key for users', async () => {
    const workspace = await tempWorkspace({ requireSigningKeys: true });
    const { signing_keys } = (await readOperator(workspace.store)).claims.nats;
    const created = await createAccount(workspace, { name: 'orders' });
    expect(created.issuer).toBe(signing_keys[0]);
    expect(created.signingKeys).toHaveLength(1);
    const identity = (await readOperator(workspace.store)).claims.sub;
    await expect(createAccount(workspace, { name: 'b', key: identity })).rejects.toMatchObject({
      code: 'ERR_SIGNER_UNTRUSTED',
    });
  });

  it('falls back to a signing key when the identity key was put away', async () => {
    const workspace = await tempWorkspace();
    const operator = (await readOperator(workspace.store)).claims;
    rmSync(keyFile(workspace.keystore, operator.sub));
    expect((await createAccount(workspace, { name: 'a' })).issuer).toBe(operator.nats.signing_keys[0]);
    rmSync(keyFile(workspace.keystore, operator.nats.signing_keys[0] as string));
    await expect(createAccount(workspace, { name: 'b' })).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
    expect((await listAccountSummaries(workspace)).map((one) => one.name)).toEqual(['SYS', 'a']);
  });

  it('takes the key to sign with as public key, seed or file, of the right kind and owner only', async () => {
    const workspace = await tempWorkspace();
    const operator = (await readOperator(workspace.store)).claims;
    const signing = operator.nats.signing_keys[0] as string;
    const file = keyFile(workspace.keystore, signing);
    expect((await createAccount(workspace, { name: 'a', key: signing })).issuer).toBe(signing);
    expect((await createAccount(workspace, { name: 'b', key: file })).issuer).toBe(signing);
    const stranger = Seed.generate('operator');
    const wrong = (key: string) => createAccount(workspace, { name: 'c', key });
    await expect(wrong(stranger.reveal())).rejects.toMatchObject({ code: 'ERR_SIGNER_UNTRUSTED' });
    await expect(wrong(stranger.publicKey)).rejects.toMatchObject({ code: 'ERR_KEY_MISSING' });
    const account = Seed.generate('account');
    await writeSeed(workspace.keystore, account);
    for (const key of [account.publicKey, account.reveal()]) {
      await expect(wrong(key)).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    }
    await expect(wrong('no-such-file')).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
  });

  it.each(['orders', 'ORDERS', 'sys'])('refuses the taken name %s', async (name) => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const before = readdirSync(path.join(workspace.keystore, 'keys', 'A'));
    await expect(createAccount(workspace, { name })).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NAME_TAKEN' });
    expect(readdirSync(path.join(workspace.keystore, 'keys', 'A'))).toEqual(before);
  });

  it.each(['a/b', 'a\\b', '..', '.', '', 'a\u0000b', 'a\nb'])('refuses the name %j', async (name) => {
    const workspace = await tempWorkspace();
    await expect(createAccount(workspace, { name })).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
  });

  it('takes default permissions, a start, and a key that is given', async () => {
    const workspace = await tempWorkspace();
    const defaultPermissions = permissionEdit({ 'allow-sub': ['news.>'], 'deny-pub': ['$SYS.>'] });
    const seed = Seed.generate('account');
    const created = await createAccount(workspace, {
      name: 'guests',
      identity: seed.reveal(),
      defaultPermissions,
      start: workspace.now + 60,
      expiry: workspace.now + 600,
    });
    expect(created.publicKey).toBe(seed.publicKey);
    expect((await readSeed(workspace.keystore, seed.publicKey, 'it')).publicKey).toBe(seed.publicKey);
    expect((await readAccount(workspace.store, 'guests')).jwt.claims).toMatchObject({
      nbf: workspace.now + 60,
      exp: workspace.now + 600,
      nats: { default_permissions: { sub: { allow: ['news.>'] }, pub: { deny: ['$SYS.>'] } } },
    });
    await expect(createAccount(workspace, { name: 'twin', identity: seed.publicKey })).rejects.toMatchObject({
      code: 'ERR_SIGNING_KEY_TAKEN',
      message: `${seed.publicKey} is the account guests already`,
    });
    const user = Seed.generate('user').publicKey;
    await expect(createAccount(workspace, { name: 'x', identity: user })).rejects.toMatchObject({
      code: 'ERR_KEY_KIND',
    });
    const elsewhere = Seed.generate('account').publicKey;
    await createAccount(workspace, { name: 'elsewhere', identity: elsewhere });
    expect(existsSync(keyFile(workspace.keystore, elsewhere))).toBe(false);
  });
});
