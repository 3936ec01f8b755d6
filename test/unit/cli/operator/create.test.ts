import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { createOperator } from '../../../../cli/operator/create.js';
import { describeOperator, listOperators } from '../../../../cli/operator/describe.js';
import { accountServerUrl, serviceUrls } from '../../../../cli/operator/urls.js';
import { findSeed } from '../../../../cli/store/keystore.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { readAccount, readOperator } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { NOW, tempSettings } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

describe('operator create', () => {
  it('makes operator, signing key, system account with its exports, system user and creds', async () => {
    const paths = resolvePaths(tempSettings());
    const created = await createOperator(
      paths,
      {
        name: 'acme',
        signingKey: true,
        requireSigningKeys: false,
        serviceUrls: ['NATS://Host:4222/'],
        accountServerUrl: 'http://127.0.0.1:9090',
        tags: ['x'],
      },
      NOW,
    );
    const workspace = {
      paths,
      store: { root: paths.storeRoot, dir: path.join(paths.storeRoot, 'acme'), name: 'acme', managed: false },
      keystore: paths.keystore,
      now: NOW,
    };
    const operator = await readOperator(workspace.store);
    expect(operator.claims).toMatchObject({
      iss: created.publicKey,
      sub: created.publicKey,
      name: 'acme',
      iat: NOW,
      nats: {
        signing_keys: created.signingKeys,
        system_account: created.systemAccount.publicKey,
        operator_service_urls: ['nats://host:4222'],
        account_server_url: 'http://127.0.0.1:9090/jwt/v1',
        tags: ['x'],
      },
    });
    const system = (await readAccount(workspace.store, 'SYS')).jwt.claims;
    expect(system.iss).toBe(created.signingKeys[0]);
    expect(system.nats.exports.map((one) => [one.type, one.subject, one.account_token_position])).toEqual([
      ['stream', '$SYS.ACCOUNT.*.>', 3],
      ['service', '$SYS.REQ.ACCOUNT.*.*', 4],
    ]);
    const [systemSigning] = system.nats.signing_keys.keys();
    const user = (await readUser(workspace.store, 'SYS', 'sys')).jwt.claims;
    expect(user).toMatchObject({ iss: systemSigning, nats: { issuer_account: system.sub } });
    const creds = parseCreds(readFileSync(created.systemAccount.user.creds, 'utf8'));
    expect(creds.seed.publicKey).toBe(user.sub);
    for (const key of [created.publicKey, ...created.signingKeys, system.sub, systemSigning as string, user.sub]) {
      expect(await findSeed(paths.keystore, key)).not.toBeNull();
    }
    expect(await describeOperator(workspace)).toMatchObject({ name: 'acme', accounts: ['SYS'] });
  });

  it('in strict mode has the signing key sign the system account', async () => {
    const workspace = await tempWorkspace({ requireSigningKeys: true, signingKey: false });
    const { claims } = await readOperator(workspace.store);
    expect(claims.nats.strict_signing_key_usage).toBe(true);
    expect((await readAccount(workspace.store, 'SYS')).jwt.claims.iss).toBe(claims.nats.signing_keys[0]);
  });

  it('refuses a name that is taken, in any letter case, and writes nothing', async () => {
    const workspace = await tempWorkspace();
    const again = (name: string) =>
      createOperator(workspace.paths, { name, signingKey: true, requireSigningKeys: false, serviceUrls: [] }, NOW);
    await expect(again('ACME')).rejects.toMatchObject({ code: 'ERR_OPERATOR_NAME_TAKEN' });
    await expect(again('../evil')).rejects.toMatchObject({ code: 'ERR_NAME_INVALID' });
    expect(await listOperators(workspace.store.root, undefined)).toHaveLength(1);
  });
});

describe('addresses', () => {
  it.each([
    ['http://127.0.0.1:9090', 'http://127.0.0.1:9090/jwt/v1'],
    ['https://jwt.example/', 'https://jwt.example/jwt/v1'],
    ['https://jwt.example/team/jwt/v1/', 'https://jwt.example/team/jwt/v1'],
    ['nats://host:4222', 'nats://host:4222'],
  ])('account server %s becomes %s', (given, kept) => expect(accountServerUrl(given)).toBe(kept));

  it.each(['localhost:9090', 'ftp://x', 'not a url', 'http://user:secret@host'])('refuses %s', (given) => {
    expect(() => accountServerUrl(given)).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }));
  });

  it('takes NATS schemes only for where clients connect', () => {
    expect(serviceUrls(['tls://H:1', 'wss://h'])).toEqual(['tls://h:1', 'wss://h']);
    expect(() => serviceUrls(['http://h'])).toThrow(expect.objectContaining({ code: 'ERR_URL_INVALID' }));
  });
});
