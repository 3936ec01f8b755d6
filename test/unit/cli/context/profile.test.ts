import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { addAccountSigningKey } from '../../../../cli/account/signing-keys.js';
import { makeProfile } from '../../../../cli/context/profile.js';
import { readSeed, removeSeed } from '../../../../cli/store/keystore.js';
import { createUser } from '../../../../cli/user/create.js';
import { limitEdit } from '../../../../cli/user/limit-flags.js';
import { peer } from '../../../peers.js';
import { tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

async function world() {
  const settings = tempSettings();
  const workspace = await tempWorkspace({ settings, serviceUrls: ['nats://a:4222', 'nats://b:4222'] });
  const account = await createAccount(workspace, { name: 'orders' });
  const user = await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
  return { settings, workspace, account, user, profile: (address: string) => makeProfile(address, settings) };
}

describe('a profile', () => {
  it('has servers and creds, and what is asked for', async () => {
    const { profile, account, user, workspace } = await world();
    const service = ['nats://a:4222', 'nats://b:4222'];
    expect(await profile('nsc://acme')).toEqual({ operator: { service } });
    expect(await profile('nsc://acme/orders/checkout')).toEqual({ operator: { service }, user_creds: user.creds });
    expect(await profile('nsc://ACME/orders?names&accountKey')).toEqual({
      operator: { service, name: 'acme' },
      account: { name: 'orders', id: account.publicKey },
    });
    expect(await profile('nsc://acme/orders/checkout?key')).toMatchObject({ user: { id: user.publicKey } });
    const seed = (await readSeed(workspace.keystore, user.publicKey, 'it')).reveal();
    const { user_creds: _creds, ...seeded } = await profile(`nsc://acme/orders/checkout?userSeed=${user.publicKey}`);
    expect(seeded).toEqual({ operator: { service }, user: { seed } });
  });

  it('takes the seed of a signing key where the identity is elsewhere', async () => {
    const { profile, workspace, account } = await world();
    const { key } = await addAccountSigningKey(workspace, 'orders', { limits: limitEdit({}) }, {});
    await removeSeed(workspace.keystore, account.publicKey);
    const seed = (await readSeed(workspace.keystore, key, 'it')).reveal();
    expect(await profile('nsc://acme/orders?accountSeed')).toMatchObject({ account: { seed } });
  });

  it.each<[string, string]>([
    ['acme/orders', 'ERR_USAGE'],
    ['nsc://', 'ERR_USAGE'],
    ['nsc://acme//checkout', 'ERR_USAGE'],
    ['nsc://acme/a/b/c', 'ERR_USAGE'],
    ['nsc://acme?nope', 'ERR_USAGE'],
    ['nsc://acme%', 'ERR_USAGE'],
    ['nsc://other', 'ERR_OPERATOR_UNKNOWN'],
    ['nsc://acme/nope', 'ERR_ACCOUNT_UNKNOWN'],
    ['nsc://acme/orders/nope', 'ERR_USER_UNKNOWN'],
    [`nsc://acme/orders?accountSeed=A${'B'.repeat(55)}`, 'ERR_USAGE'],
  ])('%s is refused', async (address, code) => {
    const { profile } = await world();
    await expect(profile(address)).rejects.toMatchObject({ code });
  });

  it('says where a seed is not here', async () => {
    const { profile, workspace, user } = await world();
    await removeSeed(workspace.keystore, user.publicKey);
    await expect(profile('nsc://acme/orders/checkout?userSeed')).rejects.toMatchObject({ code: 'ERR_SIGNER_MISSING' });
  });
});

describe.skipIf(!peer('nsc'))("beside nsc's", () => {
  it.each(['', '?names', '?keys', '?names&keys&seeds', '?userSeed&accountName', '?name&seed&key'])(
    '%s',
    async (options) => {
      const { profile, settings } = await world();
      const address = `nsc://acme/orders/checkout${options}`;
      const env = { ...settings.env, PATH: process.env.PATH, HOME: settings.home };
      const theirs = execFileSync(peer('nsc') as string, ['generate', 'profile', address], {
        env,
        encoding: 'utf8',
        cwd: settings.cwd,
      });
      expect(await profile(address)).toEqual(JSON.parse(theirs));
    },
  );
});
