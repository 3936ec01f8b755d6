import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { verifyAccount } from '../../../../claims/trust/account.js';
import { trustOperators } from '../../../../claims/trust/operators.js';
import { verifyUser } from '../../../../claims/trust/user.js';
import { randomName, remoteOperatorUrl, start, type WantedStart } from '../../../../cli/init/init.js';
import { readContextFile } from '../../../../cli/store/context.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { listOperatorNames, openOperator, readAccount, readOperator } from '../../../../cli/store/store.js';
import { startAccountServer } from '../managed/account-server.js';
import { NOW, tempSettings } from '../temp.js';

const ready = async () => {};

async function begin(wanted: Partial<WantedStart> & { operator?: string } = {}, settings = tempSettings()) {
  const paths = resolvePaths(settings);
  const all = {
    operator: 'acme',
    account: 'acme',
    user: 'acme',
    serviceUrls: [],
    requireSigningKeys: false,
    ...wanted,
  };
  return { paths, started: await start(paths, all, {}, NOW, { ready }) };
}

describe('init', () => {
  it.each([false, true])('makes creds that servers of the operator admit (strict: %s)', async (requireSigningKeys) => {
    const { paths, started } = await begin({ requireSigningKeys });
    expect(started).toMatchObject({
      operator: { name: 'acme', managed: false, created: true },
      systemAccount: { name: 'SYS', user: 'sys' },
      account: { name: 'acme' },
      user: { name: 'acme' },
      serviceUrls: ['nats://localhost:4222'],
      accountServerUrl: null,
    });
    const store = await openOperator(paths.storeRoot, 'acme');
    const operator = (await readOperator(store)).claims;
    expect(operator).toMatchObject({ sub: started.operator.publicKey });
    expect(operator.nats.system_account).toBe(started.systemAccount?.publicKey);
    for (const [account, file] of [
      ['acme', started.user.creds],
      ['SYS', started.systemAccount?.creds],
    ]) {
      const { token } = parseCreds(readFileSync(file as string, 'utf8'));
      const verified = verifyAccount((await readAccount(store, account as string)).jwt, trustOperators([operator]), {
        now: NOW,
      });
      expect(verifyUser(token, verified, { now: NOW }).claims.name).toBe(account === 'SYS' ? 'sys' : 'acme');
    }
    expect(readContextFile(paths.configFile)).toMatchObject({ operator: 'acme', account: 'acme' });
  });

  it('names each as it is told, and records addresses', async () => {
    const { started } = await begin({
      account: 'orders',
      user: 'checkout',
      serviceUrls: ['tls://nats.acme.example:4222'],
      accountServerUrl: 'https://jwt.acme.example',
    });
    expect(started).toMatchObject({
      account: { name: 'orders' },
      user: { name: 'checkout' },
      serviceUrls: ['tls://nats.acme.example:4222'],
      accountServerUrl: 'https://jwt.acme.example/jwt/v1',
    });
  });

  it('makes nothing on a dry run, and nothing where a name will not do', async () => {
    const settings = tempSettings();
    const dry = await begin({ dryRun: true }, settings);
    expect(dry.started).toMatchObject({ dryRun: true, operator: { publicKey: null }, user: { creds: null } });
    await expect(begin({ account: 'a/b' }, settings)).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    await expect(begin({ user: '..' }, settings)).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    await expect(begin({ account: 'sys' }, settings)).rejects.toMatchObject({ code: 'ERR_NAME_RESERVED' });
    expect(await listOperatorNames(dry.paths.storeRoot)).toEqual([]);
    await begin({}, settings);
    await expect(begin({ operator: 'Acme' }, settings)).rejects.toMatchObject({ code: 'ERR_OPERATOR_NAME_TAKEN' });
  });

  it("makes account and user under somebody else's operator, again and again", async () => {
    const server = await startAccountServer();
    const settings = tempSettings();
    const { started, paths } = await begin({ remote: server.url, account: 'orders', user: 'ann' }, settings);
    expect(started).toMatchObject({
      operator: { name: 'cloud', managed: true, created: true },
      systemAccount: null,
      account: { name: 'orders' },
      accountServerUrl: server.url,
    });
    expect(existsSync(started.user.creds as string)).toBe(true);
    const more = await begin({ remote: server.url, account: 'shop', user: 'ann' }, settings);
    expect(more.started.operator).toMatchObject({ name: 'cloud', created: false });
    const third = begin({ remote: server.url, account: 'Shop', user: 'ann' }, settings);
    await expect(third).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NAME_TAKEN' });
    expect((await openOperator(paths.storeRoot, 'cloud')).managed).toBe(true);
  });

  it('knows operators by name', () => {
    expect(remoteOperatorUrl('Synadia', {})).toMatch(/^https:/);
    expect(remoteOperatorUrl('acme', { NSC_ACME_OPERATOR: 'http://x/op' })).toBe('http://x/op');
    expect(() => remoteOperatorUrl('acme', {})).toThrow(expect.objectContaining({ code: 'ERR_OPERATOR_UNKNOWN' }));
    expect(randomName()).not.toBe(randomName());
  });
});
