import { existsSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { ensureLocal } from '../../../cli/bootstrap.js';
import { encryptKeystore } from '../../../cli/keys/encrypt.js';
import { readContextFile, writeContextFile } from '../../../cli/store/context.js';
import { resolvePaths } from '../../../cli/store/paths.js';
import { openOperator } from '../../../cli/store/store.js';
import { createUser } from '../../../cli/user/create.js';
import { cheapKdf, freshProcess, passphraseFile } from './sealed/temp-keystore.js';
import { NOW, tempSettings } from './temp.js';
import { tempWorkspace } from './temp-workspace.js';

const operatorOf = (local: { operatorToken: string }) => decodeAs('operator', local.operatorToken).claims;

describe('what up begins with', () => {
  it('makes operator, account and user once, and finds them later', async () => {
    const paths = resolvePaths(tempSettings());
    const first = await ensureLocal({
      paths,
      serviceUrl: 'http://127.0.0.1:9090',
      brokerUrl: 'nats://127.0.0.1:4222',
      now: NOW,
    });
    expect(first).toMatchObject({ operatorName: 'local', accountName: 'demo', userName: 'demo', created: true });
    const operator = operatorOf(first);
    expect(operator.nats).toMatchObject({
      signing_keys: [first.signingSeed.publicKey],
      account_server_url: 'http://127.0.0.1:9090/jwt/v1',
      operator_service_urls: ['nats://127.0.0.1:4222'],
      system_account: decodeAs('account', first.systemAccountToken).claims.sub,
    });
    expect(decodeAs('user', parseCreds(first.systemCreds).token).claims.nats.issuer_account).toBe(
      operator.nats.system_account,
    );
    expect(decodeAs('account', first.accountToken).claims).toMatchObject({ sub: first.accountKey, name: 'demo' });
    expect(parseCreds(readFileSync(first.credsFile as string, 'utf8')).seed.publicKey).toBe(first.userKey);
    expect(readContextFile(paths.configFile)).toEqual({
      store_root: paths.storeRoot,
      operator: 'local',
      account: 'demo',
    });

    const again = await ensureLocal({
      paths,
      serviceUrl: 'http://127.0.0.1:9090',
      brokerUrl: 'nats://127.0.0.1:4222',
      now: NOW + 9,
    });
    const { signingSeed: seedBefore, ...before } = first;
    const { signingSeed: seedAfter, ...after } = again;
    expect(after).toEqual({ ...before, created: false });
    expect(seedAfter.reveal()).toBe(seedBefore.reveal());
  });

  it('offers another user where the first is revoked on the service, and a name for one where there is none', async () => {
    const paths = resolvePaths(tempSettings());
    const first = await ensureLocal({ paths, now: NOW });
    const revocations = new Map([[first.userKey, NOW]]);
    expect(await ensureLocal({ paths, now: NOW + 1, revocations })).toMatchObject({
      userName: 'demo',
      nextUser: 'demo2',
    });
    const store = await openOperator(paths.storeRoot, 'local');
    const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
    const workspace = { paths, store, keystore: paths.keystore, now: NOW + 2 };
    const made = await createUser(workspace, { name: 'demo2', account: 'demo', ...none });
    expect(await ensureLocal({ paths, now: NOW + 3, revocations })).toMatchObject({
      userName: 'demo2',
      credsFile: made.creds,
      nextUser: null,
    });
  });

  it('records addresses that become known later, and follows them on this machine only', async () => {
    const paths = resolvePaths(tempSettings());
    const first = operatorOf(await ensureLocal({ paths, now: NOW }));
    expect(first.nats.account_server_url).toBeUndefined();
    const ports = { serviceUrl: 'http://127.0.0.1:1234', brokerUrl: 'nats://127.0.0.1:4321' };
    const second = operatorOf(await ensureLocal({ paths, ...ports, now: NOW }));
    expect(second).toMatchObject({
      iat: NOW + 1,
      nats: { account_server_url: 'http://127.0.0.1:1234/jwt/v1', operator_service_urls: ['nats://127.0.0.1:4321'] },
    });
    const elsewhere = resolvePaths(tempSettings());
    await ensureLocal({
      paths: elsewhere,
      serviceUrl: 'https://jwt.example',
      brokerUrl: 'tls://nats.example',
      now: NOW,
    });
    expect(operatorOf(await ensureLocal({ paths: elsewhere, ...ports, now: NOW })).nats).toMatchObject({
      account_server_url: 'https://jwt.example/jwt/v1',
      operator_service_urls: ['tls://nats.example'],
    });
  });

  it('leaves the context of a store in use alone, and its operators too', async () => {
    const settings = tempSettings();
    const { paths } = await tempWorkspace({ settings });
    const before = readContextFile(paths.configFile);
    await ensureLocal({ paths, now: NOW });
    expect(readContextFile(paths.configFile)).toEqual(before);
    await writeContextFile(paths.configFile, { operator: '' }, NOW);
    await ensureLocal({ paths, now: NOW });
    expect(readContextFile(paths.configFile).operator).toBe('local');
  });

  it('writes a creds file again that is gone', async () => {
    const paths = resolvePaths(tempSettings());
    const { credsFile } = await ensureLocal({ paths, now: NOW });
    const text = readFileSync(credsFile as string, 'utf8');
    rmSync(credsFile as string);
    await ensureLocal({ paths, now: NOW + 5 });
    expect(readFileSync(credsFile as string, 'utf8')).toBe(text);
  });

  it('leaves no creds in a keystore that keeps none', async () => {
    const paths = resolvePaths(tempSettings());
    const { credsFile } = await ensureLocal({ paths, now: NOW });
    await freshProcess(passphraseFile());
    await encryptKeystore(paths, { kinds: [], creds: 'remove', dryRun: false, kdf: cheapKdf() });
    expect((await ensureLocal({ paths, now: NOW + 5 })).credsFile).toBeNull();
    expect(existsSync(credsFile as string)).toBe(false);
  });

  it('is one when two start at once', async () => {
    const paths = resolvePaths(tempSettings());
    const [a, b] = await Promise.all([ensureLocal({ paths, now: NOW }), ensureLocal({ paths, now: NOW })]);
    expect([a.operatorToken, a.accountKey, a.userKey]).toEqual([b.operatorToken, b.accountKey, b.userKey]);
  });
});
