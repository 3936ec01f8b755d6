import { existsSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { verifyAccount } from '../../../../claims/trust/account.js';
import { trustOperators } from '../../../../claims/trust/operators.js';
import { verifyUser } from '../../../../claims/trust/user.js';
import { addAccountSigningKey } from '../../../../cli/account/signing-keys.js';
import { revokeActivation } from '../../../../cli/activation/revocations.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { createExport } from '../../../../cli/export/change.js';
import { createImport } from '../../../../cli/import/create.js';
import type { RotateOptions } from '../../../../cli/rotate/options.js';
import { rotateKey } from '../../../../cli/rotate/rotate.js';
import { findTarget, type TargetKind } from '../../../../cli/rotate/target.js';
import { credsFile, findSeed, removeSeed, writeSeed } from '../../../../cli/store/keystore.js';
import { readSnapshot } from '../../../../cli/store/snapshot.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';

const one = { share: false, allowTrace: false, unmatched: false };

async function rotate(
  workspace: Workspace,
  key: string,
  options: Partial<RotateOptions> & { account?: string; kind?: TargetKind } = {},
) {
  const target = await findTarget(workspace, key, { account: options.account, kind: options.kind });
  return rotateKey(workspace, target, { keepOld: false, ...options });
}

/** What a server that trusts the operator makes of a user. */
async function admitted({ store, now }: Workspace, account: string, user: string): Promise<string> {
  const operator = (await readOperator(store)).claims;
  const verified = verifyAccount((await readAccount(store, account)).jwt, trustOperators([operator]), {
    now: now + 60,
  });
  const { token } = (await readUser(store, account, user)).jwt;
  return verifyUser(token, verified, { now: now + 60 }).claims.sub;
}

/** A role of the account, whose key is in the keystore. */
async function addRole(workspace: Workspace, account: string, role: string): Promise<string> {
  const seed = Seed.generate('account');
  await writeSeed(workspace.keystore, seed);
  const template = noLimits();
  template.pub.allow = ['{{account-subject()}}.>'];
  await changeAccount(workspace, account, {}, (claims) => {
    const keys = new Map(claims.nats.signing_keys);
    keys.set(seed.publicKey, { kind: 'user_scope', key: seed.publicKey, role, template, description: '' });
    return { ...claims, nats: { ...claims.nats, signing_keys: keys } };
  });
  return seed.publicKey;
}

/** `billing` offers a private and a public service to `shop`, which has users of each kind of signer. */
async function world(options: Parameters<typeof threeAccounts>[0] = {}) {
  const three = await threeAccounts(options);
  const { workspace } = three;
  await createExport(workspace, { account: 'billing', subject: 'q.*', type: 'service', private: true }, {});
  await createExport(workspace, { account: 'billing', subject: 'open', type: 'stream' }, {});
  await createImport(workspace, { account: 'shop', source: 'billing', subject: 'q.eu', ...one }, {});
  await createImport(workspace, { account: 'shop', source: 'billing', subject: 'open', ...one }, {});
  const make = (account: string, name: string, key?: string) =>
    createUser(workspace, { name, account, ...noPermissions, key });
  return { ...three, make };
}

describe('which key is meant', () => {
  it('by public key, by name, narrowed by kind or account', async () => {
    const { workspace, shop, make } = await world();
    const role = await addRole(workspace, 'shop', 'sales');
    const ann = await make('shop', 'ann');
    await make('billing', 'ann');
    const operator = (await readOperator(workspace.store)).claims;
    const find = (text: string, account?: string, kind?: TargetKind) => findTarget(workspace, text, { account, kind });
    expect(await find('acme')).toMatchObject({ kind: 'operator', key: operator.sub });
    expect(await find(operator.nats.signing_keys[0] as string)).toMatchObject({ kind: 'operator signing key' });
    expect(await find('shop')).toMatchObject({ kind: 'account', key: shop });
    expect(await find('sales')).toMatchObject({ kind: 'account signing key', key: role, account: 'shop' });
    expect(await find('ann', shop)).toMatchObject({ kind: 'user', key: ann.publicKey, account: 'shop' });
    await expect(find('ann')).rejects.toMatchObject({
      code: 'ERR_KEY_AMBIGUOUS',
      message: expect.stringContaining(ann.publicKey),
    });
    await expect(find('ann', 'shop', 'account')).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN' });
    await expect(find(Seed.generate('user').publicKey)).rejects.toMatchObject({ code: 'ERR_KEY_UNKNOWN' });
  });
});

describe('an operator signing key', () => {
  it('is replaced in the operator, and what it signed is signed by the new one', async () => {
    const { workspace } = await world({ requireSigningKeys: true });
    const { store } = workspace;
    const before = (await readOperator(store)).claims;
    const [old] = before.nats.signing_keys as [string];
    const done = await rotate(workspace, old);
    const after = (await readOperator(store)).claims;
    expect(after).toMatchObject({ sub: before.sub, nats: { signing_keys: [done.key] } });
    for (const name of ['SYS', 'billing', 'shop', 'other']) {
      expect((await readAccount(store, name)).jwt.claims.iss).toBe(done.key);
    }
    expect(done.changes).toHaveLength(5);
    expect(done.todo[0]).toContain('restart');
    expect(done.warnings).toEqual([expect.stringContaining('gap')]);
  });

  it('can stay valid until it is removed, so that servers take one after the other', async () => {
    const { workspace } = await world({ requireSigningKeys: true });
    const [old] = (await readOperator(workspace.store)).claims.nats.signing_keys as [string];
    const done = await rotate(workspace, old, { keepOld: true });
    expect((await readOperator(workspace.store)).claims.nats.signing_keys).toEqual([old, done.key]);
    expect(done.todo.at(-1)).toContain(`signing-key remove ${old}`);
    expect(done.warnings).toEqual([]);
    await expect(rotate(workspace, done.key, { newKey: old })).rejects.toMatchObject({ code: 'ERR_SIGNING_KEY_TAKEN' });
  });
});

describe('the identity of an account', () => {
  it('takes along users, imports of others, activations and creds, and all of it is valid', async () => {
    const { workspace, billing, make, claims } = await world();
    const { store, keystore } = workspace;
    const ann = await make('billing', 'ann', billing);
    await addRole(workspace, 'billing', 'clerk');
    await make('billing', 'bob', 'clerk');
    const signing = [...(await claims('billing')).nats.signing_keys.keys()][0] as string;
    await make('billing', 'eve', signing);
    const done = await rotate(workspace, 'billing');
    expect(done).toMatchObject({ kind: 'account', oldKey: billing, left: [], activations: [], warnings: [] });

    const after = await claims('billing');
    expect(after.sub).toBe(done.key);
    expect((await claims('shop')).nats.imports.map(({ account }) => account)).toEqual([done.key, done.key]);
    for (const user of ['ann', 'bob', 'eve']) {
      const { token, claims: own } = (await readUser(store, 'billing', user)).jwt;
      expect(await admitted(workspace, 'billing', user)).toBe(own.sub);
      expect(parseCreds(readFileSync(credsFile(keystore, 'acme', 'billing', user), 'utf8')).token).toBe(token);
    }
    expect((await readUser(store, 'billing', 'ann')).jwt.claims).toMatchObject({ sub: ann.publicKey, iss: done.key });
    const findings = await validateStore({ ...workspace, now: NOW + 60 }, { accounts: [], drift: false });
    expect(findings.counts.error).toBe(0);
    expect(JSON.stringify(findings)).not.toContain(billing);
    expect(done.todo.join('\n')).toMatch(/push the accounts[\s\S]*creds[\s\S]*delete the old account[\s\S]*JetStream/);
  });

  it('of an importer gets activations for its new key, from exporters that are here', async () => {
    const { workspace, shop, billing, claims } = await world();
    const done = await rotate(workspace, shop);
    const [activated] = (await claims('shop')).nats.imports.filter(({ token }) => token !== undefined);
    expect(activated).toMatchObject({ account: billing, subject: 'q.eu' });
    expect(decodeAs('activation', activated?.token as string).claims.sub).toBe(done.key);
    expect(done.activations).toEqual([]);
    expect(done.changes.map(({ name }) => name)).toEqual(['shop']);
    const { counts } = await validateStore({ ...workspace, now: NOW + 60 }, { accounts: [], drift: false });
    expect(counts.error).toBe(0);
  });

  it('drops activations that cannot or must not be made again, and names them', async () => {
    const { workspace, shop, billing, claims } = await world();
    await removeSeed(workspace.keystore, billing);
    for (const key of (await claims('billing')).nats.signing_keys.keys()) await removeSeed(workspace.keystore, key);
    const done = await rotate(workspace, shop);
    expect(done.activations).toEqual([{ account: 'shop', subject: 'q.eu', exporter: 'billing' }]);
    expect((await claims('shop')).nats.imports.every(({ token }) => token === undefined)).toBe(true);
  });

  it('brings no revoked activation back', async () => {
    const { workspace, claims } = await world();
    await revokeActivation(workspace, { account: 'billing', export: { subject: 'q.*' }, target: 'shop' }, {});
    expect((await rotate(workspace, 'billing')).activations).toHaveLength(1);
    expect((await claims('shop')).nats.imports.every(({ token }) => token === undefined)).toBe(true);
  });

  it('leaves revoked users, those of lost signers and those whose signer is elsewhere, and says so', async () => {
    const { workspace, billing, make } = await world();
    await make('billing', 'ann');
    await make('billing', 'bob');
    const role = await addRole(workspace, 'billing', 'clerk');
    await make('billing', 'eve', 'clerk');
    const gone = await addRole(workspace, 'billing', 'guest');
    await make('billing', 'joe', 'guest');
    await changeAccount(workspace, 'billing', {}, (claims) => {
      const keys = new Map([...claims.nats.signing_keys].filter(([key]) => key !== gone));
      return { ...claims, nats: { ...claims.nats, signing_keys: keys } };
    });
    await revokeUser(workspace, { user: 'ann', account: 'billing', unlisted: false });
    await removeSeed(workspace.keystore, role);
    const done = await rotate(workspace, billing);
    expect(done.left).toEqual([
      { kind: 'user', name: 'billing/ann', reason: 'it is revoked' },
      { kind: 'user', name: 'billing/eve', reason: expect.stringContaining(role) },
      { kind: 'user', name: 'billing/joe', reason: 'its signer is no key of the account' },
    ]);
    expect(done.changes.filter(({ kind }) => kind === 'user').map(({ name }) => name)).toEqual(['bob']);
    expect((await readAccount(workspace.store, 'billing')).jwt.claims.nats.revocations.size).toBe(1);
  });

  it('of the system account is named by the operator; auth callouts and subjects follow, other mentions are told', async () => {
    const { workspace, shop, claims, make } = await world();
    const { store } = workspace;
    const ann = await make('other', 'ann');
    await changeAccount(workspace, 'other', {}, (own) => ({
      ...own,
      nats: {
        ...own.nats,
        description: `for ${shop}`,
        authorization: { auth_users: [ann.publicKey], allowed_accounts: [shop] },
      },
    }));
    const system = (await readOperator(store)).claims.nats.system_account as string;
    const done = await rotate(workspace, shop);
    expect((await claims('other')).nats.authorization.allowed_accounts).toEqual([done.key]);
    expect(done.warnings).toEqual(['account other still names the old key: /nats/description']);
    expect((await readOperator(store)).claims.nats.system_account).toBe(system);

    const sys = await rotate(workspace, system);
    expect((await readOperator(store)).claims.nats.system_account).toBe(sys.key);
    expect(sys.todo[0]).toContain('restart');
    expect(await admitted(workspace, 'SYS', 'sys')).toMatch(/^U/);
  });

  it('rewrites subjects that hold the key as an account token', async () => {
    const { workspace, shop, claims } = await world();
    const subject = `$SYS.REQ.ACCOUNT.${shop}.CONNZ`;
    await createImport(workspace, { account: 'shop', source: 'SYS', subject, ...one }, {});
    const done = await rotate(workspace, 'shop');
    expect((await claims('shop')).nats.imports.map((each) => each.subject)).toContain(
      `$SYS.REQ.ACCOUNT.${done.key}.CONNZ`,
    );
  });

  it('changes nothing on a dry run, refuses a key that is taken and to keep the old one', async () => {
    const { workspace, shop, billing, claims } = await world();
    const before = JSON.stringify(await readSnapshot(workspace.store));
    const done = await rotate(workspace, 'billing', { dryRun: true });
    expect(done.changes.map(({ name }) => name)).toEqual(['billing', 'shop']);
    expect(JSON.stringify(await readSnapshot(workspace.store))).toBe(before);
    expect(await findSeed(workspace.keystore, done.key)).toBeNull();
    await expect(rotate(workspace, 'billing', { newKey: shop })).rejects.toMatchObject({
      code: 'ERR_SIGNING_KEY_TAKEN',
    });
    await expect(rotate(workspace, 'billing', { keepOld: true })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect((await claims('billing')).sub).toBe(billing);
  });
});

it('all files change, or none', async () => {
  const { workspace, make } = await world();
  const { store, keystore } = workspace;
  await make('billing', 'ann');
  const elsewhere = path.join(path.dirname(keystore), 'elsewhere');
  renameSync(path.join(keystore, 'creds'), elsewhere);
  symlinkSync(elsewhere, path.join(keystore, 'creds'));
  const before = JSON.stringify(await readSnapshot(store));
  await expect(rotate(workspace, 'billing')).rejects.toMatchObject({ code: 'ERR_SYMLINK_REFUSED' });
  expect(JSON.stringify(await readSnapshot(store))).toBe(before);
});

describe('a signing key of an account', () => {
  it('is rotated with its users', async () => {
    const { workspace, make } = await world();
    const old = await addRole(workspace, 'shop', 'sales');
    await make('shop', 'bob', 'sales');
    const done = await rotate(workspace, 'sales');
    expect(done).toMatchObject({ kind: 'account signing key', role: 'sales', oldKey: old, name: 'shop' });
    expect(done.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['account shop', 'user bob']);
    expect((await readUser(workspace.store, 'shop', 'bob')).jwt.claims.iss).toBe(done.key);
    await expect(rotate(workspace, 'sales', { keepOld: true })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('makes the activations that the old key had signed again: imports go on', async () => {
    const { workspace, claims } = await world();
    const { key } = await addAccountSigningKey(workspace, 'billing', { limits: limitEdit({}) });
    await createImport(
      workspace,
      { account: 'shop', source: 'billing', subject: 'q.us', ...one, activationKey: key },
      {},
    );
    const tokenOf = async (subject: string) =>
      (await claims('shop')).nats.imports.find((imported) => imported.subject === subject)?.token as string;
    const [mine, other] = [await tokenOf('q.us'), await tokenOf('q.eu')];
    expect([mine, other].map((token) => decodeAs('activation', token).claims.iss === key)).toEqual([true, false]);
    const done = await rotate(workspace, key);
    expect(done.changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['account billing', 'account shop']);
    expect(done.todo[0]).toContain('billing, shop');
    expect(done.activations).toEqual([]);
    expect(decodeAs('activation', await tokenOf('q.us')).claims.iss).toBe(done.key);
    expect(await tokenOf('q.eu')).toBe(other);
    const { findings } = await validateStore(workspace, { accounts: [], drift: false, service: undefined });
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);

    const revoked = { account: 'billing', export: { subject: 'q.*' }, target: 'shop', at: NOW + 60 };
    await revokeActivation(workspace, revoked, {});
    const again = await rotate(workspace, done.key);
    expect(again.changes.map(({ name }) => name)).toEqual(['billing']);
    expect(again.activations).toEqual([{ account: 'shop', subject: 'q.us', exporter: 'billing' }]);
  });

  it('and so is the curve key of its auth callout', async () => {
    const { workspace, make, claims } = await world();
    const ann = await make('shop', 'ann');
    const old = Seed.generate('curve').publicKey;
    await changeAccount(workspace, 'shop', {}, (own) => ({
      ...own,
      nats: { ...own.nats, authorization: { auth_users: [ann.publicKey], allowed_accounts: [], xkey: old } },
    }));
    const done = await rotate(workspace, old);
    expect((await claims('shop')).nats.authorization.xkey).toBe(done.key);
    expect(await findSeed(workspace.keystore, done.key)).not.toBeNull();
    expect(done.kind).toBe('curve key');
  });
});

describe('the key of a user', () => {
  it('is a new one with the same claims; the old one is revoked, and the creds are new', async () => {
    const { workspace, make, claims } = await world();
    const { store, keystore } = workspace;
    const ann = await make('shop', 'ann');
    const before = (await readUser(store, 'shop', 'ann')).jwt.claims;
    const done = await rotate(workspace, 'ann');
    const { claims: after, token } = (await readUser(store, 'shop', 'ann')).jwt;
    expect(after).toMatchObject({ sub: done.key, name: 'ann', iss: before.iss, nats: before.nats });
    const revoked = (await claims('shop')).nats.revocations;
    expect([...revoked.keys()]).toEqual([ann.publicKey]);
    expect(revoked.get(ann.publicKey)).toBeGreaterThanOrEqual(before.iat);
    const creds = parseCreds(readFileSync(credsFile(keystore, 'acme', 'shop', 'ann'), 'utf8'));
    expect([creds.token, creds.seed.publicKey]).toEqual([token, done.key]);
    expect(await admitted(workspace, 'shop', 'ann')).toBe(done.key);
  });

  it('of a role stays of the role; one that answers for an auth callout goes on doing so', async () => {
    const { workspace, make, claims } = await world();
    const role = await addRole(workspace, 'shop', 'sales');
    const bob = await make('shop', 'bob', 'sales');
    await changeAccount(workspace, 'shop', {}, (own) => ({
      ...own,
      nats: { ...own.nats, authorization: { auth_users: [bob.publicKey], allowed_accounts: [] } },
    }));
    const done = await rotate(workspace, 'bob', { keepOld: true });
    expect((await readUser(workspace.store, 'shop', 'bob')).jwt.claims).toMatchObject({ iss: role, sub: done.key });
    const { authorization, revocations } = (await claims('shop')).nats;
    expect(authorization.auth_users).toEqual([done.key]);
    expect(revocations.size).toBe(0);
  });

  it('may be one whose private half is elsewhere: then the void creds go', async () => {
    const { workspace, make } = await world();
    const ann = await make('shop', 'ann');
    const { publicKey } = Seed.generate('user');
    const done = await rotate(workspace, 'ann', { newKey: publicKey });
    expect(done).toMatchObject({ key: publicKey, file: null });
    expect(existsSync(ann.creds as string)).toBe(false);
    await expect(rotate(workspace, 'ann', { newKey: publicKey })).rejects.toMatchObject({
      code: 'ERR_SIGNING_KEY_TAKEN',
    });
    await expect(rotate(workspace, 'ann', { newKey: ann.publicKey })).rejects.toMatchObject({
      code: 'ERR_USER_REVOKED',
    });
  });

  it('brings no revoked user back', async () => {
    const { workspace, make } = await world();
    await make('shop', 'ann');
    await revokeUser(workspace, { user: 'ann', account: 'shop', unlisted: false });
    await expect(rotate(workspace, 'ann')).rejects.toMatchObject({ code: 'ERR_USER_REVOKED' });
  });
});
