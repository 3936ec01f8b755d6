import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { verifySignature } from '../../claims/keys/verify.js';
import { openCustody } from '../../service/custody/custody.js';
import { keyring } from '../../service/custody/keyring.js';
import { localMasterKey } from '../../service/custody/local-key.js';
import { seal, unseal } from '../../service/custody/seal.js';
import { transitMasterKey } from '../../service/custody/vault/transit-master-key.js';
import { openVault, type Vault } from '../../service/custody/vault/vault.js';
import { openStore } from '../../service/store/open.js';
import { type Bao, startBao } from '../bao.js';
import { peer } from '../peers.js';
import { testFolder } from '../unit/service/folder.js';
import { runService } from '../unit/service/service.js';

const bao = peer('bao');
const DATA = Buffer.from('header.claims');

/** What the service needs of Transit, and nothing beside it (docs/custody.md). */
const POLICY = `
path "transit/encrypt/natsctl" { capabilities = ["update"] }
path "transit/decrypt/natsctl" { capabilities = ["update"] }
path "transit/sign/operator"   { capabilities = ["update"] }
path "transit/keys/operator"   { capabilities = ["read"] }
`;

async function serviceToken({ call }: Bao): Promise<string> {
  await call('PUT', 'sys/policies/acl/natsctl', { policy: POLICY });
  const { auth } = await call('POST', 'auth/token/create', { policies: ['natsctl'], no_default_policy: true });
  return auth.client_token;
}

async function started(): Promise<{ server: Bao; token: string; vault: Vault }> {
  const server = await startBao(bao as string);
  await server.call('POST', 'transit/keys/natsctl', { type: 'aes256-gcm96' });
  await server.call('POST', 'transit/keys/operator', { type: 'ed25519' });
  const token = await serviceToken(server);
  const vault = openVault({ address: server.url, token });
  onTestFinished(() => vault.close());
  return { server, token, vault };
}

async function aStore() {
  const store = await openStore(await testFolder());
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(!bao)('OpenBao', () => {
  it('signs with a key that it alone has, by a token that may do no more than that', async () => {
    const { server, vault } = await started();
    const store = await aStore();
    const custody = await openCustody(store, localMasterKey(randomBytes(32)), () => vault);
    const reference = { provider: 'transit', mount: 'transit', name: 'operator', version: 1 } as const;
    const key = await custody.findRemote('operator', reference);
    await store.transaction((tx) => custody.keepRemote(tx, 'O1', key, 1));
    const sign = async () => (await custody.signer(store.db, 'O1', key.publicKey))?.sign(DATA);
    expect(verifySignature(key.publicKey, DATA, (await sign()) as Uint8Array)).toBe(true);

    // Rotated, it signs with the version that is the nkey; a new version is another nkey.
    await server.call('POST', 'transit/keys/operator/rotate');
    expect(verifySignature(key.publicKey, DATA, (await sign()) as Uint8Array)).toBe(true);
    const next = await custody.findRemote('operator', { ...reference, version: 2 });
    expect(next.publicKey).not.toBe(key.publicKey);

    // A version that may not be used any more, a key of another type, and one that is not ours.
    await server.call('POST', 'transit/keys/operator/config', { min_encryption_version: 2 });
    await expect(sign()).rejects.toMatchObject({
      code: 'ERR_SIGNER_REMOTE',
      message: expect.stringMatching(/answers \d+ \(.*version/),
    });
    await expect(custody.findRemote('operator', { ...reference, name: 'natsctl' })).rejects.toMatchObject({
      code: 'ERR_SIGNER_REMOTE',
      hint: 'renew the token, or let its policy read transit/keys/natsctl',
    });
    await server.call('POST', 'sys/seal').catch(() => {});
    await expect(sign()).rejects.toMatchObject({
      code: 'ERR_SIGNER_REMOTE',
      message: expect.stringContaining('answers 503'),
    });
  });

  it('wraps data keys, and those of a version that is withdrawn are rewrapped before', async () => {
    const { server, vault } = await started();
    const store = await aStore();
    const local = localMasterKey(randomBytes(32));
    const transit = transitMasterKey(vault, { mount: 'transit', name: 'natsctl' });
    const open = (key: typeof local) => openCustody(store, key, () => vault);
    const seed = Seed.generate('account');
    await (await open(local)).keep(store.db, 'account', seed.publicKey, seed, 1);
    expect(await (await open(keyring([transit, local]))).rewrap()).toMatchObject({
      keyId: 'transit:transit/natsctl:v1',
      rewrapped: 1,
      complete: true,
    });
    const [what, secret] = [{ kind: 'k', id: 'i' }, Buffer.from('secret')];
    const first = await seal(transit, what, secret);
    const flipped = first.slice();
    flipped[60] = (flipped[60] ?? 0) ^ 1;
    await expect(unseal(transit, what, flipped)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });

    await server.call('POST', 'transit/keys/natsctl/rotate');
    const custody = await open(transit);
    expect(await custody.rewrap()).toMatchObject({ keyId: 'transit:transit/natsctl:v2', rewrapped: 1, complete: true });
    expect(await unseal(transit, what, first)).toEqual(secret);
    await server.call('POST', 'transit/keys/natsctl/config', { min_decryption_version: 2 });
    await expect(unseal(transit, what, first)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    const signer = await custody.signer(store.db, seed.publicKey, seed.publicKey);
    expect(verifySignature(seed.publicKey, DATA, (await signer?.sign(DATA)) as Uint8Array)).toBe(true);
  });

  it('is spoken to by TLS where its CA is given, and not at all where it is unknown', async () => {
    const folder = await testFolder();
    const { url, token } = await startBao(bao as string, folder);
    const [ca] = (await readdir(folder)).filter((name) => /ca\.pem$/.test(name));
    const ask = (settings: object) => {
      const vault = openVault({ address: url, token, ...settings });
      onTestFinished(() => vault.close());
      return vault.ask({ method: 'GET', path: ['sys', 'mounts'], code: 'ERR_SIGNER_REMOTE' });
    };
    await expect(ask({})).rejects.toMatchObject({
      code: 'ERR_SIGNER_REMOTE',
      message: expect.stringMatching(/certificate/),
    });
    expect(await ask({ caFile: path.join(folder, String(ca)) })).toHaveProperty('sys/');
    expect(() => openVault({ address: url, caFile: path.join(folder, 'none.pem') })).toThrow(
      expect.objectContaining({ code: 'ERR_VAULT_SETTINGS' }),
    );
  });

  it('holds the master key of a whole service, which starts, signs and starts again with it, and tells when it is sealed', async () => {
    const { server, token } = await started();
    const [dataDir, secrets] = [await testFolder(), await testFolder()];
    const tokenFile = path.join(secrets, 'token');
    await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
    const settings = { masterKey: 'transit:transit/natsctl', vault: { address: server.url, tokenFile } };
    const first = await runService({ dataDir, ...settings });
    expect(await first.api('POST', '/accounts', { name: 'shop' })).toMatchObject({ status: 201 });
    await first.close();
    const again = await runService({ dataDir, operator: first.operator, ...settings });
    expect(await again.api('POST', '/accounts', { name: 'till' })).toMatchObject({ status: 201 });
    await server.call('POST', 'sys/seal').catch(() => {});
    const refused = await again.api('POST', '/accounts', { name: 'late' });
    expect(refused).toMatchObject({ status: 503, json: { code: 'ERR_MASTER_KEY_REMOTE' } });
    expect(refused.text).not.toContain(token);
    expect((await again.api('GET', '/accounts')).text).not.toContain('late');
    expect(await again.get('/jwt/v1/operator')).toMatchObject({ status: 200 });
  });
});
