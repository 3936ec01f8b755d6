import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { load } from '../../../../cli/load/load.js';
import { readOperatorSource } from '../../../../cli/operator/source.js';
import { findSeed, removeSeed } from '../../../../cli/store/keystore.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { listOperatorNames } from '../../../../cli/store/store.js';
import { startAccountServer } from '../managed/account-server.js';
import { NOW, tempSettings } from '../temp.js';

/** An account server with an account whose seed was given away. */
async function given(serverUrl?: (url: string) => string | undefined) {
  const server = await startAccountServer(serverUrl ? { serverUrl } : {});
  const seed = Seed.generate('account');
  const { token } = await signClaims(newAccount(seed.publicKey, 'orders'), seedSigner(server.signingKey), { now: NOW });
  server.accounts.set(seed.publicKey, token);
  const paths = resolvePaths(tempSettings());
  const found = await readOperatorSource(server.operatorToken, {});
  return { server, seed, paths, found };
}

describe('load', () => {
  it('fetches operator and account, makes a user with creds, once', async () => {
    const { server, seed, paths, found } = await given();
    const dry = await load(paths, { found, seed, user: 'default', dryRun: true }, NOW);
    expect(dry).toMatchObject({ account: { name: 'orders' }, user: { publicKey: null }, dryRun: true });
    expect(await listOperatorNames(paths.storeRoot)).toEqual([]);
    const first = await load(paths, { found, seed, user: 'default' }, NOW);
    expect(first).toMatchObject({
      operator: { name: 'cloud', publicKey: server.operator.publicKey, managed: true },
      account: { name: 'orders', publicKey: seed.publicKey },
      user: { name: 'default', created: true },
    });
    expect(existsSync(first.user.creds as string)).toBe(true);
    expect(await findSeed(paths.keystore, seed.publicKey)).not.toBeNull();
    const again = await load(paths, { found, seed, user: 'default' }, NOW);
    expect(again.user).toMatchObject({ publicKey: first.user.publicKey, created: false });
    await removeSeed(paths.keystore, first.user.publicKey as string);
    await expect(load(paths, { found, seed, user: 'default' }, NOW)).rejects.toMatchObject({ code: 'ERR_KEY_MISSING' });
  });

  it('refuses an account that the server does not hold, that another operator signed, or no server to ask', async () => {
    const { server, seed, paths, found } = await given();
    const unknown = load(paths, { found, seed: Seed.generate('account'), user: 'x' }, NOW);
    await expect(unknown).rejects.toMatchObject({
      code: 'ERR_PULL_UNTRUSTED',
      message: expect.stringContaining('no account'),
    });
    const foreign = newAccount(seed.publicKey, 'orders');
    const { token } = await signClaims(foreign, seedSigner(Seed.generate('operator')), { now: NOW });
    server.accounts.set(seed.publicKey, token);
    await expect(load(paths, { found, seed, user: 'x' }, NOW)).rejects.toMatchObject({ code: 'ERR_PULL_UNTRUSTED' });
    const none = await given(() => undefined);
    await expect(load(none.paths, { found: none.found, seed, user: 'x' }, NOW)).rejects.toMatchObject({
      code: 'ERR_URL_INVALID',
    });
  });
});
