import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { revokeActivation } from '../../../../cli/activation/revocations.js';
import { credsFile, keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { createUser } from '../../../../cli/user/create.js';
import { deleteUsers } from '../../../../cli/user/delete.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { NOW } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';
import { ORG, org, refusal } from './org.js';

describe('applying a state file to an empty store', () => {
  it('makes the operator, its accounts and users, with keys, creds and activations', async () => {
    const { apply, account, user, paths, workspace, plan, text } = org();
    const shown = await plan(ORG);
    expect(shown.counts).toEqual({ create: 7, change: 0, delete: 0 });
    expect(shown.operatorKey).toBe(null);
    expect(JSON.stringify(shown)).not.toMatch(/[OAUX][A-Z2-7]{55}/);
    expect(shown.activations).toEqual([{ importer: 'shop', exporter: 'billing', subject: 'q.*', expires: 0 }]);
    const applied = await apply(ORG);
    expect(applied.created.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'operator acme',
      'account SYS',
      'account billing',
      'account shop',
      'user sys',
      'user ann',
      'user clerk',
    ]);
    expect(applied.push).toEqual(['SYS', 'billing', 'shop']);
    for (const { key } of applied.created) expect(existsSync(keyFile(paths.keystore, key))).toBe(true);
    const [creds] = applied.creds.filter((one) => one.user === 'clerk');
    expect(parseCreds(readFileSync(creds?.file ?? '', 'utf8')).seed.publicKey).toBe((await user('shop', 'clerk')).sub);
    const shop = await account('shop');
    expect(shop.nats.imports.find((one) => one.type === 'service')?.token).toBeDefined();
    expect((await user('shop', 'ann')).nats.data).toBe(10 * 1024 ** 2);
    expect((await user('shop', 'clerk')).iss).toBe([...shop.nats.signing_keys.keys()][0]);
    const { findings } = await validateStore(await workspace(), { accounts: [], drift: false, service: undefined });
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
    // The same file once more, and the file of what is there now: nothing to do.
    expect((await plan(ORG)).changes).toEqual([]);
    expect((await plan(await text())).changes).toEqual([]);
  });

  it('copies an operator: no key of the first is in the second', async () => {
    const first = org();
    await first.apply(ORG);
    const copy = await first.text({ withoutKeys: true });
    expect(copy).not.toMatch(/[OAUX][A-Z2-7]{55}/);
    const second = org();
    await second.apply(copy);
    expect((await second.text({ withoutKeys: true })).replaceAll(/ +name: .*\n/g, '')).toBe(
      copy.replaceAll(/ +name: .*\n/g, ''),
    );
    expect((await second.account('shop')).sub).not.toBe((await first.account('shop')).sub);
  });

  it('restores an operator under its old keys where they are', async () => {
    const first = org();
    await first.apply(ORG);
    const text = await first.text();
    const second = org({ ...first.settings, store: path.join(first.settings.home, 'other') });
    expect(second.paths.keystore).toBe(first.paths.keystore);
    await second.apply(text);
    expect(await second.text()).toBe(text);
    expect((await second.user('shop', 'ann')).sub).toBe((await first.user('shop', 'ann')).sub);
  });
});

describe('a plan', () => {
  it('names each claim that differs, and who signs', async () => {
    const { apply, plan, account } = org();
    await apply(ORG);
    const edited = ORG.replace('ann: {data: 10MiB}', 'ann: {data: 20MiB, tags: [x]}').replace(
      '{subject: "pub.>", type: stream}\n',
      '{subject: "pub.>", type: stream, description: news}\n',
    );
    const shown = await plan(edited);
    const operator = await account('billing');
    expect(shown.changes).toMatchObject([
      {
        kind: 'account',
        name: 'billing',
        signer: operator.iss,
        differences: [{ path: '/nats/exports/pub.> stream/description', after: 'news' }],
      },
      {
        kind: 'user',
        account: 'shop',
        name: 'ann',
        differences: [
          { path: '/nats/data', before: 10485760, after: 20971520 },
          { path: '/nats/tags', after: ['x'] },
        ],
      },
    ]);
    expect(shown.problems).toEqual([]);
  });

  it('leaves alone what the file does not name, and says so', async () => {
    const { apply, plan, workspace } = org();
    await apply(ORG);
    await createAccount(await workspace(), { name: 'trial' });
    await createUser(await workspace(), { name: 'guest', account: 'shop', key: 'sales', ...noPermissions });
    const shown = await plan(ORG);
    expect(shown.changes).toEqual([]);
    expect(shown.leftAlone).toEqual([
      { kind: 'account', name: 'trial', account: null },
      { kind: 'user', name: 'guest', account: 'shop' },
    ]);
  });

  it('deletes it with prune, and revokes deleted users', async () => {
    const { apply, plan, workspace, account, user, paths } = org();
    await apply(ORG);
    await createAccount(await workspace(), { name: 'trial' });
    await createUser(await workspace(), { name: 'old', account: 'trial', ...noPermissions });
    await createUser(await workspace(), { name: 'guest', account: 'shop', key: 'sales', ...noPermissions });
    const guest = (await user('shop', 'guest')).sub;
    const creds = credsFile(paths.keystore, 'acme', 'shop', 'guest');
    expect(existsSync(creds)).toBe(true);
    const applied = await apply(`${ORG}prune: true\n`);
    expect(applied.counts).toEqual({ create: 0, change: 1, delete: 3 });
    expect((await account('shop')).nats.revocations.has(guest)).toBe(true);
    expect(existsSync(creds)).toBe(false);
    const { store } = await workspace();
    expect(readdirSync(path.join(store.dir, 'accounts'))).toEqual(['SYS', 'billing', 'shop']);
    expect(existsSync(path.join(store.dir, 'accounts/shop/users/guest.jwt'))).toBe(false);
    // The revocation is of nobody in the file: it stays, also the next time.
    expect((await plan(`${ORG}prune: true\n`)).changes).toEqual([]);
  });

  it('renames what has another name under the same key; creds follow, also of users it does not name', async () => {
    const { apply, text, user, workspace, paths, plan, account } = org();
    await apply(ORG);
    await createUser(await workspace(), { name: 'guest', account: 'shop', key: 'sales', ...noPermissions });
    const ann = await user('shop', 'ann');
    const edited = (await text())
      .replace('\n  shop:\n', '\n  store:\n')
      .replace('\n      ann:\n', '\n      anna:\n')
      .replace(/\n {6}guest:\n(?: {8}.*\n)+/, '\n');
    const applied = await apply(edited);
    expect(applied.changes).toMatchObject(
      [
        { kind: 'account', name: 'store', renamedFrom: 'shop' },
        { kind: 'user', name: 'anna', renamedFrom: 'ann', account: 'store' },
        { kind: 'user', name: 'clerk' },
      ].slice(0, 2),
    );
    const { store } = await workspace();
    expect(readdirSync(path.join(store.dir, 'accounts')).sort()).toEqual(['SYS', 'billing', 'store']);
    expect(readdirSync(path.join(store.dir, 'accounts/store/users')).sort()).toEqual([
      'anna.jwt',
      'clerk.jwt',
      'guest.jwt',
    ]);
    expect((await user('store', 'anna')).sub).toBe(ann.sub);
    expect((await account('store')).name).toBe('store');
    expect(readdirSync(path.join(paths.keystore, 'creds/acme')).sort()).toEqual(['SYS', 'store']);
    expect(readdirSync(path.join(paths.keystore, 'creds/acme/store')).sort()).toEqual([
      'anna.creds',
      'clerk.creds',
      'guest.creds',
    ]);
    expect((await plan(edited)).changes).toEqual([]);
  });

  it('lets two accounts change names, and creds that hold the one copy of a key go with each', async () => {
    const { apply, text, user, paths, plan } = org();
    await apply(ORG.replace('      - {subject: "pub.>", type: stream}\n', '$&    users: {ann: {}}\n'));
    const [shopper, biller] = [await user('shop', 'ann'), await user('billing', 'ann')];
    await rm(keyFile(paths.keystore, shopper.sub));
    await rm(keyFile(paths.keystore, biller.sub));
    const swapped = (await text())
      .replace('\n  shop:\n', '\n  _:\n')
      .replace('\n  billing:\n', '\n  shop:\n')
      .replace('\n  _:\n', '\n  billing:\n')
      .replaceAll('account: billing', 'account: shop');
    expect((await plan(swapped)).problems).toEqual([]);
    await apply(swapped);
    const held = (account: string) => {
      return parseCreds(readFileSync(credsFile(paths.keystore, 'acme', account, 'ann'), 'utf8')).seed.publicKey;
    };
    expect([held('billing'), held('shop')]).toEqual([shopper.sub, biller.sub]);
    expect((await user('billing', 'ann')).sub).toBe(shopper.sub);
    expect((await plan(swapped)).changes).toEqual([]);
  });

  it.each([true, false])(
    'takes a user to another account with the one copy of its key, its creds (prune: %s)',
    async (prune) => {
      const { apply, user, paths, plan, account } = org();
      await apply(ORG);
      const ann = await user('shop', 'ann');
      await rm(keyFile(paths.keystore, ann.sub));
      const moved = ORG.replace('      ann: {data: 10MiB}\n', '').replace(
        '      - {subject: "pub.>", type: stream}\n',
        `$&    users: {anna: {key: ${ann.sub}, data: 10MiB}}\n`,
      );
      await apply(moved, { prune });
      const { seed, token } = parseCreds(readFileSync(credsFile(paths.keystore, 'acme', 'billing', 'anna'), 'utf8'));
      expect(seed.publicKey).toBe(ann.sub);
      expect(decodeAs('user', token).claims.nats.issuer_account).toBe((await account('billing')).sub);
      expect(existsSync(credsFile(paths.keystore, 'acme', 'shop', 'ann'))).toBe(!prune);
      expect((await plan(moved, { prune })).changes).toEqual([]);
    },
  );

  it('signs users of a role anew where the role gets another key', async () => {
    const { apply, text, account, user, workspace } = org();
    await apply(ORG);
    const before = [...(await account('shop')).nats.signing_keys.keys()][0] as string;
    const seed = Seed.generate('account');
    await writeSeed((await workspace()).keystore, seed);
    const applied = await apply((await text()).replace(before, seed.publicKey));
    expect(applied.changes).toMatchObject([
      { kind: 'account', name: 'shop' },
      { kind: 'user', name: 'clerk', differences: [{ path: '/iss', before, after: seed.publicKey }] },
    ]);
    expect((await user('shop', 'clerk')).iss).toBe(seed.publicKey);
  });

  it('signs accounts and users anew where identity keys may not sign any more', async () => {
    const { apply, account, user, workspace, plan } = org();
    await apply(ORG.replace('signingKeys: [generate]\nservice', 'service'));
    expect((await account('shop')).iss.startsWith('O')).toBe(true);
    const strict = ORG.replace(
      'signingKeys: [generate]\nservice',
      'signingKeys: [generate]\nrequireSigningKeys: true\nservice',
    ).replace('ann: {data: 10MiB}', 'ann: {role: sales}');
    const applied = await apply(strict);
    expect(
      applied.changes
        .filter(({ kind }) => kind === 'account')
        .map(({ name, differences }) => [name, differences[0]?.path]),
    ).toEqual([
      ['SYS', '/iss'],
      ['billing', '/iss'],
      ['shop', '/iss'],
    ]);
    expect((await user('SYS', 'sys')).iss).not.toBe((await account('SYS')).sub);
    const { findings } = await validateStore(await workspace(), { accounts: [], drift: false, service: undefined });
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await plan(strict)).changes).toEqual([]);
  });

  it('makes an activation anew where the one there is does not hold', async () => {
    const { apply, account, plan } = org();
    await apply(ORG);
    const token = async () => (await account('shop')).nats.imports.find((one) => one.type === 'service')?.token;
    const first = await token();
    const until = ORG.replace('activation: auto', 'activation: auto, activationExpires: 2040-01-01');
    expect((await apply(until)).activations).toHaveLength(1);
    expect(await token()).not.toBe(first);
    expect((await plan(until)).changes).toEqual([]);
  });

  it('keeps a user whose key went before shut out', async () => {
    const { apply, plan, workspace, text, account } = org();
    await apply(ORG);
    const key = [...(await account('billing')).nats.signing_keys.keys()][0] as string;
    await createUser(await workspace(), { name: 'bob', account: 'billing', key, ...noPermissions });
    const keys = new RegExp(` {4}signingKeys:\\n {6}- ${key}\\n`);
    const lost = (await text()).replace(keys, '');
    await apply(lost.replace(/\n {4}users:\n {6}bob:\n(?: {8}.*\n)+/, '\n'), { force: true });
    const again = await plan(lost);
    expect(again.changes).toEqual([]);
    expect(again.warnings.join()).toContain('stays shut out');
    const edited = lost.replace('\n      bob:\n', '\n      bob:\n        data: 5\n');
    expect((await plan(edited)).problems).toMatchObject([{ code: 'ERR_SIGNER_UNTRUSTED' }]);
  });
});

describe('what a plan refuses', () => {
  const refused = async (before: string, after: string, more = {}) => {
    const { apply, plan } = org();
    await apply(before);
    const { problems } = await plan(after, more);
    const fault = problems.length > 0 ? await refusal(() => apply(after, more)) : null;
    if (fault !== null) expect(fault.code).toBe(problems[0]?.code);
    return problems.map(({ code, entity }) => `${entity} ${code}`);
  };

  it.each([
    [
      'an import nobody exports',
      '"pub.>", type: stream, account',
      '"nope", type: stream, account',
      'account shop ERR_IMPORT_NOT_EXPORTED',
    ],
    [
      'an export that goes while it is imported',
      '      - {subject: "pub.>", type: stream}\n',
      '',
      'account shop ERR_IMPORT_NOT_EXPORTED',
    ],
    ['a private export imported without activation', ', activation: auto', '', 'account shop ERR_ACTIVATION_MISSING'],
    [
      'claims that are not valid',
      'ann: {data: 10MiB}',
      'ann: {sources: [nowhere]}',
      'user shop/ann ERR_USER_SOURCE_NETWORK',
    ],
    ['an account that is not valid', 'billing:\n', 'billing:\n    infoUrl: nowhere\n', 'account billing ERR_INFO_URL'],
    [
      'an operator that is not valid',
      'serviceUrls: [nats:',
      'serviceUrls: [http:',
      'operator acme ERR_OPERATOR_SERVICE_URL',
    ],
    [
      'JetStream for the system account',
      'SYS:\n',
      'SYS:\n    jetStream: {disk: 1GiB}\n',
      'account SYS ERR_JETSTREAM_SYSTEM_ACCOUNT',
    ],
    [
      'a bearer user where there may be none',
      'ann: {data: 10MiB}',
      'ann: {bearer: true}',
      'user shop/ann ERR_BEARER_DISALLOWED',
    ],
    ['a role that is not there', 'clerk: {role: sales}', 'clerk: {role: nope}', 'user shop/clerk ERR_STATE_REFERENCE'],
    [
      'permissions of a user of a role',
      'clerk: {role: sales}',
      'clerk: {role: sales, data: 5}',
      'user shop/clerk ERR_USER_NOT_EMPTY',
    ],
    [
      'strict without signing keys',
      'signingKeys: [generate]\nservice',
      'requireSigningKeys: true\nservice',
      'operator acme ERR_SIGNING_KEYS_REQUIRED',
    ],
    [
      'a circle of imports',
      'billing:\n',
      'billing:\n    imports: [{subject: "x.>", type: stream, account: shop, localSubject: "pub.>"}]\n',
      'account billing ERR_IMPORT_NOT_EXPORTED',
    ],
  ])('%s', async (_what, from, to, code) => {
    const before = ORG.replace('  shop:\n', '  shop:\n    limits: {disallowBearer: true}\n');
    expect(before).toContain(from);
    expect(await refused(before, before.replace(from, to))).toContain(code);
  });

  it('a circle of imports that are exported', async () => {
    const circle = ORG.replace(
      'billing:\n',
      'billing:\n    imports: [{subject: "back.>", type: stream, account: shop, localSubject: "pub.>"}]\n',
    )
      .replace('  shop:\n', '  shop:\n    exports: [{subject: "back.>", type: stream}]\n')
      .replace(
        '{subject: "pub.>", type: stream, account: billing}',
        '{subject: "pub.>", type: stream, account: billing, localSubject: "back.>"}',
      );
    expect(await refused(ORG, circle)).toContain('account shop ERR_IMPORT_CYCLE');
  });

  it('an import nobody exports passes with --unmatched', async () => {
    expect(
      await refused(ORG, ORG.replace('"pub.>", type: stream, account', '"nope", type: stream, account'), {
        unmatched: true,
      }),
    ).toEqual([]);
  });

  it('dropping a revocation of a user, unless forced', async () => {
    const { apply, plan, workspace, user, account, text } = org();
    await apply(ORG);
    const before = await text();
    await revokeUser(await workspace(), { user: 'ann', account: 'shop', unlisted: false });
    const { sub } = await user('shop', 'ann');
    expect((await plan(before)).problems).toMatchObject([
      { code: 'ERR_STATE_REVOCATION_DROPPED', entity: 'account shop' },
    ]);
    expect(await refusal(() => apply(before))).toMatchObject({ code: 'ERR_STATE_REVOCATION_DROPPED' });
    const lower = before.replace(
      '    users:\n      ann:',
      `    revocations: {${sub}: 2001-01-01}\n    users:\n      ann:`,
    );
    expect((await plan(lower)).problems).toMatchObject([{ code: 'ERR_STATE_REVOCATION_DROPPED' }]);
    await apply(before, { force: true });
    expect((await account('shop')).nats.revocations.size).toBe(0);
  });

  it('dropping a revocation of everyone', async () => {
    const revoked = ORG.replace('  shop:\n', "  shop:\n    revocations: {'*': 2001-01-01}\n");
    expect(await refused(revoked, ORG)).toEqual(['account shop ERR_STATE_REVOCATION_DROPPED']);
  });

  it('dropping a revocation of an activation', async () => {
    const revoked = ORG.replace('service, private: true}', 'service, private: true, revocations: {shop: 2001-01-01}}');
    expect(await refused(revoked, ORG)).toEqual(['account billing ERR_STATE_REVOCATION_DROPPED']);
  });

  it('dropping it by giving the export another subject', async () => {
    const one = '{subject: "q.*", type: service, private: true}';
    const revoked = ORG.replace(one, '{subject: "q.*", type: service, private: true, revocations: {shop: 2001-01-01}}');
    const dropped = ['account billing ERR_STATE_REVOCATION_DROPPED'];
    expect(await refused(revoked, ORG.replace(one, '{subject: "q.>", type: service, private: true}'))).toEqual(dropped);
    const kept = '{subject: "q.>", type: service, private: true, revocations: {shop: 2001-01-01}}';
    expect(await refused(revoked, ORG.replace(one, kept))).toEqual([]);
  });

  it('granting anew what an exporter revoked, unless forced', async () => {
    const { apply, plan, workspace, text } = org();
    await apply(ORG);
    const before = await text();
    const at = NOW + 60;
    await revokeActivation(
      await workspace(),
      { account: 'billing', export: { subject: 'q.*' }, target: 'shop', at },
      {},
    );
    const after = (await text()).replace(/activation: eyJ\S+/, 'activation: auto');
    expect(after).toContain('activation: auto');
    expect(after).not.toBe(before);
    expect((await plan(after)).problems).toMatchObject([{ code: 'ERR_ACTIVATION_REVOKED', entity: 'account shop' }]);
    expect((await plan(await text())).changes).toEqual([]);
    await apply(after, { force: true });
    expect((await plan(after)).changes).toEqual([]);
  });

  it('but keeps revocations of those who are gone', async () => {
    const { apply, plan, workspace, account } = org();
    await apply(ORG);
    await createUser(await workspace(), { name: 'bob', account: 'shop', key: 'sales', ...noPermissions });
    await deleteUsers(
      await workspace(),
      { users: ['bob'], account: 'shop', revoke: true, removeKeys: false, keepCreds: false },
      {},
    );
    expect((await plan(ORG)).changes).toEqual([]);
    await apply(ORG.replace('  shop:\n', '  shop:\n    description: x\n'));
    expect((await account('shop')).nats.revocations.size).toBe(1);
  });

  it('a change of a revoked user', async () => {
    const { apply, plan, workspace, text } = org();
    await apply(ORG);
    await revokeUser(await workspace(), { user: 'ann', account: 'shop', unlisted: false });
    const edited = (await text()).replace('data: 10MiB', 'data: 11MiB');
    expect((await plan(edited)).problems).toMatchObject([{ code: 'ERR_USER_REVOKED', entity: 'user shop/ann' }]);
  });

  it('deleting the system account', async () => {
    const { apply, plan } = org();
    await apply(ORG.replace('systemAccount: SYS\n', ''));
    const shown = await plan(ORG.replace('systemAccount: SYS\n', '').replace(/ {2}SYS:\n.*\n.*\n/, ''), {
      prune: true,
    });
    expect(shown.problems).toEqual([]);
    expect(shown.counts.delete).toBe(2);
    const second = org();
    await second.apply(ORG);
    const { account } = second;
    const without = ORG.replace('systemAccount: SYS\n', `systemAccount: ${(await account('SYS')).sub}\n`).replace(
      / {2}SYS:\n.*\n.*\n/,
      '',
    );
    expect((await second.plan(without, { prune: true })).problems).toMatchObject([{ code: 'ERR_ACCOUNT_IN_USE' }]);
  });

  it('shutting out what the file does not name, by taking its key away', async () => {
    const { apply, plan, workspace } = org();
    await apply(ORG.replace('signingKeys: [generate]\nservice', 'service'));
    await createAccount(await workspace(), { name: 'trial' });
    const strict = ORG.replace(
      'signingKeys: [generate]\nservice',
      'signingKeys: [generate]\nrequireSigningKeys: true\nservice',
    ).replace('ann: {data: 10MiB}', 'ann: {role: sales}');
    expect((await plan(strict)).problems).toMatchObject([{ code: 'ERR_SIGNING_KEY_USED', entity: 'account trial' }]);
    expect((await plan(strict, { force: true })).problems).toEqual([]);
  });

  it('what no key here can sign, but shows it', async () => {
    const { apply, plan, text, settings } = org();
    await apply(ORG);
    const edited = (await text())
      .replace('data: 10MiB', 'data: 11MiB')
      .replace('serviceUrls:', 'tags: [x]\nserviceUrls:');
    const elsewhere = org({ ...settings, keystore: path.join(settings.home, 'empty') });
    const shown = await elsewhere.plan(edited);
    expect(shown.changes).toMatchObject([
      { kind: 'operator', signer: null },
      { kind: 'user', signer: null },
    ]);
    expect(shown.problems.map(({ code }) => code)).toEqual(['ERR_SIGNER_MISSING', 'ERR_SIGNER_MISSING']);
    expect((await plan(edited)).problems).toEqual([]);
  });

  it.each([
    [
      'two accounts of one key',
      (text: string, key: string) => text.replace('\n  shop:\n', `\n  copy:\n    key: ${key}\n  shop:\n`),
      'ERR_STATE_CONFLICT',
    ],
    [
      'a name that is taken by another key',
      (text: string, key: string) => text.replace(key, Seed.generate('account').publicKey),
      'ERR_STATE_CONFLICT',
    ],
    [
      'names that differ in letter case only',
      (text: string) => text.replace('\n  billing:', '\n  SHOP: {}\n  billing:'),
      'ERR_STATE_CONFLICT',
    ],
    [
      'another key of the operator',
      (text: string) => text.replace(/^key: .*/m, `key: ${Seed.generate('operator').publicKey}`),
      'ERR_STATE_CONFLICT',
    ],
    [
      'another name of the operator',
      (text: string) => text.replace(/^name: acme/m, 'name: corp'),
      'ERR_STATE_CONFLICT',
    ],
    [
      'a name that is nobody',
      (text: string) => text.replaceAll('account: billing', 'account: nobody'),
      'ERR_STATE_REFERENCE',
    ],
    [
      'a name that cannot be a file',
      (text: string) => text.replace('\n  billing:', '\n  a/b: {}\n  billing:'),
      'ERR_NAME_INVALID',
    ],
  ])('%s', async (_what, edit, code) => {
    const { apply, text, plan, account } = org();
    await apply(ORG);
    const edited = edit(await text(), (await account('shop')).sub);
    expect(edited).not.toBe(await text());
    expect(await refusal(() => plan(edited))).toMatchObject({ code });
  });

  it('a store that has changed since the plan was shown', async () => {
    const { apply, workspace, user } = org();
    await apply(ORG);
    const meanwhile = async () => createAccount(await workspace(), { name: 'trial' });
    expect(await refusal(() => apply(ORG.replace('10MiB', '11MiB'), {}, meanwhile))).toMatchObject({
      code: 'ERR_PLAN_STALE',
    });
    expect((await user('shop', 'ann')).nats.data).toBe(10 * 1024 ** 2);
  });

  it('an operator whose name differs from another in letter case only', async () => {
    const { apply, plan } = org();
    await apply(ORG);
    expect(await refusal(() => plan(ORG.replace('name: acme', 'name: Acme')))).toMatchObject({
      code: 'ERR_OPERATOR_NAME_TAKEN',
    });
  });

  it('creds of somebody else under the new name', async () => {
    const { apply, plan, text, paths } = org();
    await apply(ORG);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(credsFile(paths.keystore, 'acme', 'shop', 'anna'), 'x');
    const edited = (await text()).replace('\n      ann:\n', '\n      anna:\n');
    expect(await refusal(() => plan(edited))).toMatchObject({ code: 'ERR_CREDS_IN_THE_WAY' });
    expect(await refusal(() => apply(edited))).toMatchObject({ code: 'ERR_CREDS_IN_THE_WAY' });
  });

  it('a rename in letter case only', async () => {
    const { apply, plan, text } = org();
    await apply(ORG);
    const edited = (await text()).replace('\n      ann:\n', '\n      Ann:\n');
    expect(await refusal(() => plan(edited))).toMatchObject({ code: 'ERR_STATE_CONFLICT' });
    expect(await refusal(() => apply(edited))).toMatchObject({ code: 'ERR_STATE_CONFLICT' });
  });
});

it('an unchanged file plans the same at another time', async () => {
  const { apply, plan } = org();
  await apply(ORG);
  expect((await plan(ORG, { now: NOW + 86_400 })).changes).toEqual([]);
});

it('the example of docs/state.md can be applied, and copied', async () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/state.md', 'utf8')) ?? [];
  const { apply, plan, text } = org();
  expect((await plan(example)).problems).toEqual([]);
  await apply(example);
  expect((await plan(example)).changes).toEqual([]);
  const copy = org();
  await copy.apply(await text({ withoutKeys: true }));
  expect((await copy.plan(example)).changes).toEqual([]);
});
