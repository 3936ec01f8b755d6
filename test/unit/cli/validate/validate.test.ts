import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { signClaims, type Unsigned } from '../../../../claims/jwt/encode.js';
import { newActivation, newUser, noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { AccountClaims, UserClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { findSeed, keyFile } from '../../../../cli/store/keystore.js';
import { accountFile, readAccount } from '../../../../cli/store/store.js';
import { writeUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { listExpirations } from '../../../../cli/validate/expirations.js';
import { validateFile, validateStore } from '../../../../cli/validate/validate.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { NOW, tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const everything = { accounts: [], drift: false };
const codes = async (workspace: Workspace) =>
  (await validateStore(workspace, everything)).findings.map(({ code, entity }) => `${code} ${entity}`);

function edit(workspace: Workspace, name: string, change: (claims: AccountClaims) => void) {
  return changeAccount(workspace, name, {}, (claims) => {
    const changed = structuredClone(claims);
    change(changed);
    return changed;
  });
}

async function key(workspace: Workspace, name: string): Promise<Seed> {
  const seed = await findSeed(workspace.keystore, (await readAccount(workspace.store, name)).jwt.claims.sub);
  return seed as Seed;
}

/** Two accounts, `shop` and `bank`. */
async function twoAccounts() {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'shop' });
  await createAccount(workspace, { name: 'bank' });
  const id = async (name: string) => (await readAccount(workspace.store, name)).jwt.claims.sub;
  return { workspace, shop: await id('shop'), bank: await id('bank') };
}

const exported = (subject: string, more = {}) => ({
  name: subject,
  subject,
  type: 'service' as const,
  revocations: new Map<string, number>(),
  ...more,
});

describe('validate', () => {
  it('finds nothing that fails in a fresh store', async () => {
    const { workspace } = await twoAccounts();
    const report = await validateStore(workspace, everything);
    expect(report).toMatchObject({ ok: true, checked: { accounts: 3, users: 1 }, counts: { error: 0, time: 0 } });
  });

  it('judges imports against the exports of the other accounts', async () => {
    const { workspace, bank, shop } = await twoAccounts();
    await edit(workspace, 'bank', ({ nats }) => {
      nats.exports = [exported('pay'), exported('vault.*', { token_req: true }), exported('idle')];
    });
    await edit(workspace, 'shop', ({ nats }) => {
      nats.imports = [
        { account: bank, subject: 'pay', type: 'service' },
        { account: bank, subject: 'nope', type: 'service' },
        { account: bank, subject: 'vault.a', type: 'service' },
        { account: Seed.generate('account').publicKey, subject: 'far', type: 'service' },
      ];
    });
    const found = await codes(workspace);
    expect(found).toContain('ERR_IMPORT_NOT_EXPORTED shop');
    expect(found).toContain('ERR_IMPORT_ACTIVATION shop');
    expect(found).toContain('ERR_IMPORT_EXPORTER_UNKNOWN shop');
    expect(found.filter((each) => each === 'ERR_EXPORT_UNUSED bank')).toHaveLength(1);
    const report = await validateStore(workspace, { ...everything, accounts: [bank] });
    expect(report).toMatchObject({ ok: true, checked: { accounts: 1 } });
    expect((await validateStore(workspace, { ...everything, accounts: ['shop'] })).ok).toBe(false);

    const activation = newActivation(shop, 'vault.a', 'service');
    activation.exp = NOW - 5;
    const signer = seedSigner(await key(workspace, 'bank'));
    const { token } = await signClaims(activation, signer, { now: NOW - 100 });
    const use = (of: string) =>
      edit(workspace, 'shop', ({ nats }) =>
        Object.assign(nats.imports.find((each) => each.subject === 'vault.a') as object, { token: of }),
      );
    await use(token);
    expect(await codes(workspace)).toContain('ERR_IMPORT_ACTIVATION_TIME shop');
    const ends = await listExpirations(workspace, NOW);
    expect(ends).toEqual([{ kind: 'activation', entity: 'shop: vault.a', expires: NOW - 5, state: 'expired' }]);
    activation.exp = NOW + 100;
    await use((await signClaims(activation, signer, { now: NOW - 100 })).token);
    expect(await codes(workspace)).not.toContain('ERR_IMPORT_ACTIVATION shop');
    await edit(workspace, 'bank', ({ nats }) =>
      nats.exports.find((each) => each.token_req)?.revocations.set(shop, NOW),
    );
    expect(await codes(workspace)).toContain('ERR_IMPORT_ACTIVATION shop');
  });

  it('finds the circle that imports make', async () => {
    const { workspace, bank, shop } = await twoAccounts();
    const both = (account: string) => (claims: AccountClaims) => {
      claims.nats.exports = [exported('a.>')];
      claims.nats.imports = [{ account, subject: 'a.>', type: 'service' }];
    };
    await edit(workspace, 'shop', both(bank));
    await edit(workspace, 'bank', both(shop));
    expect(await codes(workspace)).toEqual(expect.arrayContaining(['ERR_IMPORT_CYCLE bank', 'ERR_IMPORT_CYCLE shop']));
  });

  it('finds users whom no server lets in, and permissions without effect', async () => {
    const { workspace, shop } = await twoAccounts();
    const role = Seed.generate('account');
    await edit(workspace, 'shop', ({ nats }) => {
      const template = { ...noLimits(), pub: { allow: ['a'], deny: ['>'] } };
      nats.signing_keys.set(role.publicKey, {
        kind: 'user_scope',
        key: role.publicKey,
        role: 'r',
        template,
        description: '',
      });
      nats.limits.disallow_bearer = true;
    });
    const put = async (name: string, signer: Seed, change: (claims: Unsigned<UserClaims>) => void = () => {}) => {
      const claims = newUser(Seed.generate('user').publicKey, name, { issuerAccount: shop });
      change(claims);
      const { token } = await signClaims(claims, seedSigner(signer), { now: NOW });
      await writeUser(workspace.store, 'shop', name, token);
    };
    const own = await key(workspace, 'shop');
    await put('scoped', role);
    await put('stranger', Seed.generate('account'));
    await put('bearer', own, ({ nats }) => Object.assign(nats, { bearer_token: true }));
    await put('late', own, (claims) => Object.assign(claims, { exp: NOW - 1 }));
    await put('odd', own, ({ nats }) => Object.assign(nats, { sub: { allow: ['x.y q', 'z'], deny: ['x.> q'] } }));
    const report = await validateStore(workspace, everything);
    const found = report.findings.map(({ code, entity, level }) => `${level} ${code} ${entity}`);
    expect(found).toEqual(
      expect.arrayContaining([
        'error ERR_USER_NOT_EMPTY shop/scoped',
        'error ERR_USER_ISSUER shop/stranger',
        'error ERR_USER_BEARER shop/bearer',
        'time ERR_CLAIM_EXPIRED shop/late',
        'warning ERR_PERMISSION_UNREACHABLE shop/odd',
        'warning ERR_PERMISSION_UNREACHABLE shop',
        'warning ERR_KEY_NOT_HELD shop',
        'note ERR_USER_KEY_NOT_HELD shop/late',
        'warning ERR_WEAK_EVERYTHING_ALLOWED shop',
      ]),
    );
    expect(report.findings[0]?.level).toBe('error');
    for (const { hint, message } of report.findings) expect(hint && message).toBeTruthy();
  });

  it('finds what the keystore lacks and creds that are no longer of the store', async () => {
    const { workspace } = await twoAccounts();
    const user = await createUser(workspace, { name: 'u', account: 'shop', ...noPermissions });
    const creds = user.creds as string;
    writeFileSync(path.join(path.dirname(creds), 'gone.creds'), readFileSync(creds));
    writeFileSync(creds, readFileSync(creds, 'utf8').replace(/^eyJ.*$/m, 'eyJ.old.token'));
    rmSync(keyFile(workspace.keystore, user.accountKey));
    const found = await codes(workspace);
    expect(found).toEqual(
      expect.arrayContaining(['ERR_CREDS_STALE shop/u', 'ERR_CREDS_ORPHANED shop/gone', 'ERR_KEY_NOT_HELD shop']),
    );
  });

  it('reports a damaged token and goes on, and reads tokens from a file', async () => {
    const { workspace, bank } = await twoAccounts();
    const file = accountFile(workspace.store, 'shop');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, 'rubbish');
    expect(await codes(workspace)).toContain('ERR_TOKEN_DAMAGED shop');
    const pack = path.join(tempDir(), 'pack');
    const { token } = (await readAccount(workspace.store, 'bank')).jwt;
    writeFileSync(pack, `${bank}|${token}\n${good}\n`);
    expect(await validateFile(pack, NOW)).toMatchObject({ ok: true, checked: { accounts: 2, users: 0 } });
  });
});
