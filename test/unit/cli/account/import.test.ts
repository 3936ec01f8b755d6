import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { importAccount, type WantedAccountImport } from '../../../../cli/account/import.js';
import { revokeActivation } from '../../../../cli/activation/revocations.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { createExport } from '../../../../cli/export/change.js';
import { listAccountNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { createUser } from '../../../../cli/user/create.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { rawV1Token } from '../../claims/jwt/raw.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const take = (workspace: Workspace, text: string, wanted: Partial<WantedAccountImport> = {}) =>
  importAccount(workspace, { text, overwrite: false, force: false, skip: false, ...wanted });

/** An account of nobody yet. */
async function loose(name = 'orders', change: (claims: AccountClaims) => unknown = () => {}, signer?: Seed) {
  const seed = Seed.generate('account');
  const claims = newAccount(seed.publicKey, name);
  change(claims as AccountClaims);
  const { token } = await signClaims(claims, seedSigner(signer ?? seed), { now: NOW });
  return { seed, token };
}

const issuer = async ({ store }: Workspace, name: string) => (await readAccount(store, name)).jwt.claims.iss;

describe('account import', () => {
  it('signs a self-signed account, armored or not, once', async () => {
    const workspace = await tempWorkspace();
    const { seed, token } = await loose();
    const text = `-----BEGIN NATS ACCOUNT JWT-----\n${token}\n------END NATS ACCOUNT JWT------\n`;
    const dry = await take(workspace, text, { dryRun: true });
    expect(dry).toMatchObject({ result: 'added', dryRun: true });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS']);
    const done = await take(workspace, text);
    const operator = (await readOperator(workspace.store)).claims;
    expect(done).toMatchObject({ name: 'orders', publicKey: seed.publicKey, result: 'added', resigned: true });
    const [key] = operator.nats.signing_keys;
    expect(await issuer(workspace, 'orders')).toBe(key);
    expect(await take(workspace, token)).toMatchObject({ result: 'unchanged', issuer: key, differences: [] });
  });

  it('takes one of this operator as it is, also under the name it has here', async () => {
    const workspace = await tempWorkspace();
    const { publicKey } = await createAccount(workspace, { name: 'orders' });
    const { jwt } = await readAccount(workspace.store, 'orders');
    const copy = await tempWorkspace();
    await expect(take(copy, jwt.token)).rejects.toMatchObject({ code: 'ERR_ACCOUNT_FOREIGN' });
    expect(await take(workspace, jwt.token)).toMatchObject({ result: 'unchanged', resigned: false, changed: false });
    await changeAccount(workspace, 'orders', {}, (claims) => ({
      ...claims,
      nats: { ...claims.nats, description: 'x' },
    }));
    await expect(take(workspace, jwt.token)).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_EXISTS',
      details: { differences: ['/nats/description'] },
    });
    expect(await take(workspace, jwt.token, { overwrite: true })).toMatchObject({ publicKey, result: 'updated' });
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(jwt.token);
  });

  it('moves an account of another operator by force, and never puts one in the place of another', async () => {
    const workspace = await tempWorkspace();
    const { token, seed } = await loose('orders', () => {}, Seed.generate('operator'));
    await expect(take(workspace, token)).rejects.toMatchObject({ code: 'ERR_ACCOUNT_FOREIGN' });
    expect(await take(workspace, token, { force: true })).toMatchObject({ resigned: true, publicKey: seed.publicKey });
    const other = await loose('Orders');
    await expect(take(workspace, other.token, { overwrite: true, force: true })).rejects.toMatchObject({
      code: 'ERR_ACCOUNT_NAME_TAKEN',
    });
  });

  it('of a strict operator signs what its identity key signed again', async () => {
    const strict = await tempWorkspace({ requireSigningKeys: true });
    const { token } = await loose();
    await take(strict, token);
    expect(await issuer(strict, 'orders')).toBe((await readOperator(strict.store)).claims.nats.signing_keys[0]);
  });

  it('drops no revocation', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const { token } = (await readAccount(workspace.store, 'orders')).jwt;
    await createUser(workspace, { name: 'ann', account: 'orders', ...noPermissions });
    await revokeUser(workspace, { user: 'ann', account: 'orders', unlisted: false });
    await expect(take(workspace, token, { overwrite: true })).rejects.toMatchObject({
      code: 'ERR_REVOCATIONS_DROPPED',
    });
  });

  it('and none of an activation', async () => {
    const workspace = await tempWorkspace();
    const { publicKey } = await createAccount(workspace, { name: 'shop' });
    await createAccount(workspace, { name: 'orders' });
    await createExport(workspace, { account: 'orders', subject: 'q.*', type: 'service', private: true }, {});
    const { token } = (await readAccount(workspace.store, 'orders')).jwt;
    await revokeActivation(workspace, { account: 'orders', export: { subject: 'q.*' }, target: 'shop' }, {});
    await expect(take(workspace, token, { overwrite: true })).rejects.toMatchObject({
      code: 'ERR_REVOCATIONS_DROPPED',
      details: { users: [], accounts: [publicKey] },
    });
  });

  it('refuses what is expired or against the rules unless that is skipped, and signs nothing such', async () => {
    const workspace = await tempWorkspace();
    const expired = await loose('old', (claims) => Object.assign(claims, { exp: NOW - 5 }));
    await expect(take(workspace, expired.token)).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    expect(await take(workspace, expired.token, { skip: true })).toMatchObject({ name: 'old' });
    const broken = await loose('broken', (claims) => {
      claims.nats.mappings.set('a..b', [{ subject: 'c' }]);
    });
    await expect(take(workspace, broken.token)).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    await expect(take(workspace, broken.token, { skip: true })).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'old']);
  });

  it('refuses version 1, other kinds, and names that cannot be', async () => {
    const workspace = await tempWorkspace();
    const seed = Seed.generate('account');
    const payload = {
      jti: 'x',
      iat: NOW,
      iss: seed.publicKey,
      name: 'v1',
      sub: seed.publicKey,
      type: 'account',
      nats: {},
    };
    const v1 = rawV1Token(JSON.stringify(payload), seed);
    await expect(take(workspace, v1)).rejects.toMatchObject({ code: 'ERR_JWT_V1' });
    const operator = (await readOperator(workspace.store)).token;
    await expect(take(workspace, operator)).rejects.toMatchObject({ code: 'ERR_JWT_KIND' });
    const { token } = await loose('../up');
    await expect(take(workspace, token)).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
  });
});
