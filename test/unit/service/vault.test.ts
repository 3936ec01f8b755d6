import { randomBytes } from 'node:crypto';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NatsctlError } from '../../../claims/errors.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { verifySignature } from '../../../claims/keys/verify.js';
import { openCustody } from '../../../service/custody/custody.js';
import { keyring } from '../../../service/custody/keyring.js';
import { localMasterKey } from '../../../service/custody/local-key.js';
import { keyIdOf, seal, unseal } from '../../../service/custody/seal.js';
import { type VaultSettings, vaultSettings } from '../../../service/custody/vault/settings.js';
import { transitMasterKey } from '../../../service/custody/vault/transit-master-key.js';
import type { TransitReference } from '../../../service/custody/vault/transit-signer.js';
import { openVault } from '../../../service/custody/vault/vault.js';
import { startService } from '../../../service/start.js';
import { openStore } from '../../../service/store/open.js';
import { type Lie, startTransit, type Truth } from '../../transit-server.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, SILENT, send } from './service.js';

const REFERENCE: TransitReference = { provider: 'transit', mount: 'transit', name: 'op', version: 1 };
const WHAT = { kind: 'account', id: 'A1', owner: 'A1' };
const KEY = { mount: 'transit', name: 'master' };
const DATA = Buffer.from('header.claims');

async function transit(timeoutMs = 5_000) {
  const server = await startTransit();
  server.addKey('op', 'ed25519');
  server.addKey('other', 'ed25519');
  server.addKey('master', 'aes256-gcm96');
  const vault = openVault({ address: server.url, token: server.token }, { timeoutMs });
  onTestFinished(() => vault.close());
  return { server, vault, master: transitMasterKey(vault, KEY) };
}

/** Custody with one remote key, whose server tells the truth so far. */
async function remote(timeoutMs?: number) {
  const { server, vault, master } = await transit(timeoutMs);
  const store = await openStore(await testFolder());
  onTestFinished(() => store.close());
  const custody = await openCustody(store, localMasterKey(randomBytes(32)), () => vault);
  const key = await custody.findRemote('operator', REFERENCE);
  await store.transaction((tx) => custody.keepRemote(tx, 'O1', key, 1));
  const sign = async () => (await custody.signer(store.db, 'O1', key.publicKey))?.sign(DATA);
  return { server, store, custody, key, sign, vault, master };
}

/** What a Transit that is broken, hostile or in the wrong hands may answer. */
const LIES: [string, (truth: Truth) => Lie | Promise<Lie>][] = [
  ['no JSON', () => ({ body: '<html>' })],
  ['no data', () => ({ body: '{}' })],
  ['null', () => ({ body: '{"data":null}' })],
  ['a list', () => ({ data: [] })],
  ['nothing in its data', () => ({ data: {} })],
  ['duplicate keys', () => ({ body: '{"data":{},"data":{}}' })],
  ['a prototype', () => ({ body: '{"data":{"__proto__":{}}}' })],
  ['an empty body', () => ({ body: '' })],
  ['204', () => ({ status: 204 })],
  ['400', () => ({ status: 400, body: '{"errors":["no"]}' })],
  ['403', () => ({ status: 403, body: '{"errors":["permission denied"]}' })],
  ['404', () => ({ status: 404, body: '{"errors":[]}' })],
  ['500', () => ({ status: 500, body: '{"errors":["internal"]}' })],
  ['503 sealed', () => ({ status: 503, body: '{"errors":["Vault is sealed"]}' })],
  ['a body without end', () => endless],
  ['a connection cut before the answer', () => (response) => response.destroy()],
  ['a connection cut in the body', () => (response) => response.writeHead(200).write('{"da', () => response.destroy())],
];
const endless = (response: http.ServerResponse) => {
  response.writeHead(200);
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
  };
  response.on('drain', more);
  more();
};
const HANGS: [string, () => Lie][] = [
  ['no answer at all', () => () => {}],
  ['headers, and then nothing', () => (response) => response.writeHead(200).flushHeaders()],
];

describe('a key in Transit', () => {
  it('signs there, is known by its nkey, and is pinned to one version', async () => {
    const { server, store, custody, key, sign } = await remote();
    expect(key).toMatchObject({ kind: 'operator', publicKey: expect.stringMatching(/^O/), reference: REFERENCE });
    expect(verifySignature(key.publicKey, DATA, (await sign()) as Uint8Array)).toBe(true);
    expect(await custody.keysOf(store.db, 'O1')).toEqual([key.publicKey]);
    server.rotate('op');
    expect(verifySignature(key.publicKey, DATA, (await sign()) as Uint8Array)).toBe(true);
    const second = await custody.findRemote('account', { ...REFERENCE, version: 2 });
    expect(second.publicKey).toMatch(/^A/);
    expect(server.headers['x-vault-request']).toBe('true');
    expect(server.headers['x-vault-namespace']).toBeUndefined();
  });

  it.each(LIES)('is refused where the server answers with %s', async (_, lie) => {
    const { server, sign } = await remote();
    server.lie = lie;
    await refused(sign(), 'ERR_SIGNER_REMOTE', server.token);
  });

  it.each(HANGS)('is given up in time: %s', async (_, lie) => {
    const { server, sign } = await remote(200);
    server.lie = lie;
    await refused(sign(), 'ERR_SIGNER_REMOTE', server.token, /within 200 ms/);
  });

  it('gives no signature but its own over these bytes', async () => {
    const { server, sign, vault } = await remote();
    const ask = async (name: string, input: Buffer) => {
      const body = { input: input.toString('base64'), key_version: 1 };
      return vault.ask({ method: 'POST', path: ['transit', 'sign', name], body, code: 'ERR_SIGNER_REMOTE' });
    };
    const { signature: truth } = await ask('op', DATA);
    const { signature: foreign } = await ask('other', DATA);
    const { signature: elsewhere } = await ask('op', Buffer.from('other claims'));
    const flipped = Buffer.from(String(truth).slice(9), 'base64');
    flipped[5] = (flipped[5] ?? 0) ^ 1;
    const lies = [
      foreign,
      elsewhere,
      `vault:v1:${flipped.toString('base64')}`,
      String(truth).slice(9),
      `vault:v2:${String(truth).slice(9)}`,
    ];
    for (const signature of [...lies, `${truth}=`, `${truth} `, 'vault:v1:', '', null, 1, [truth], { a: truth }]) {
      server.lie = () => ({ data: { signature } });
      await refused(sign(), 'ERR_SIGNER_REMOTE', server.token, /no signature of O/);
    }
    server.lie = () => ({ data: { signature: truth } });
    expect(await sign()).toHaveLength(64);
  });

  it('is not kept unless it is ed25519 and proves itself', async () => {
    const { server, custody, store, key } = await remote();
    const rows = await store.db.sealedKey.count();
    for (const reference of [
      { ...REFERENCE, name: 'master' },
      { ...REFERENCE, version: 2 },
    ]) {
      await refused(custody.findRemote('operator', reference), 'ERR_REMOTE_KEY', server.token);
    }
    for (const version of [0, -1, 1.5, Number.NaN, 1e9]) {
      await refused(custody.findRemote('operator', { ...REFERENCE, version }), 'ERR_REMOTE_KEY', server.token);
    }
    for (const [mount, name] of [
      ['..', 'op'],
      ['transit/../sys', 'op'],
      ['transit', '../op'],
      ['transit', 'op?x'],
      ['', 'op'],
    ] as const) {
      await refused(custody.findRemote('operator', { ...REFERENCE, mount, name }), 'ERR_VAULT_KEY_NAME', server.token);
    }
    await refused(custody.findRemote('operator', { ...REFERENCE, name: 'absent' }), 'ERR_SIGNER_REMOTE', server.token);
    const keys = (public_key: unknown) => ({ type: 'ed25519', keys: { 1: { public_key } } });
    for (const public_key of [Buffer.alloc(31).toString('base64'), 'x', null, 1]) {
      server.lie = ({ operation }) => (operation === 'keys' ? { data: keys(public_key) } : {});
      await refused(custody.findRemote('operator', REFERENCE), 'ERR_REMOTE_KEY', server.token);
    }
    // A point of low order, under which any signature holds.
    server.lie = ({ operation }) => (operation === 'keys' ? { data: keys(Buffer.alloc(32).toString('base64')) } : {});
    await refused(custody.findRemote('operator', REFERENCE), 'ERR_KEY_INVALID', server.token);
    server.lie = ({ operation, data }) => (operation === 'keys' ? { data: { ...data, derived: true } } : {});
    await refused(custody.findRemote('operator', REFERENCE), 'ERR_REMOTE_KEY', server.token);
    // Of a key that is somebody else's there is a public key to show, and no signature.
    const foreign = Buffer.from(Seed.generate('account').publicKey.padEnd(43, 'A')).subarray(0, 32).toString('base64');
    server.lie = ({ operation }) => (operation === 'keys' ? { data: keys(foreign) } : {});
    await expect(custody.findRemote('operator', REFERENCE)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(SIGNER_REMOTE|KEY_INVALID)$/),
    });
    expect(await store.db.sealedKey.count()).toBe(rows);
    expect(key.publicKey).toMatch(/^O/);
  });

  it('whose row was made another one is refused', async () => {
    const { store, custody, key, server } = await remote();
    const seed = Seed.generate('operator');
    await custody.keep(store.db, 'operator', 'O1', seed, 1);
    const where = { publicKey: key.publicKey };
    const [mine, other] = await Promise.all(
      [key.publicKey, seed.publicKey].map((publicKey) =>
        store.db.sealedKey.findUniqueOrThrow({ where: { publicKey } }),
      ),
    );
    const asked = server.requests.length;
    for (const change of [
      { sealed: other?.sealed },
      { kind: 'operator' },
      { owner: 'O2' },
      { sealed: mine?.sealed.slice(0, -1) },
    ]) {
      await store.db.sealedKey.update({ where, data: { ...mine, ...change } as typeof change & { kind?: string } });
      const signer = await custody.signer(store.db, change.owner ?? 'O1', key.publicKey);
      await expect(Promise.resolve(signer?.sign(DATA))).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    }
    expect(server.requests).toHaveLength(asked);
  });
});

describe('a master key in Transit', () => {
  it('wraps and opens, in the version that it has and in those it had', async () => {
    const { server, master } = await transit();
    const blob = await seal(master, WHAT, Buffer.from('secret'));
    expect(keyIdOf(blob)).toBe('transit:transit/master:v1');
    server.rotate('master');
    expect(await master.currentId()).toBe('transit:transit/master:v2');
    expect(String(await unseal(master, WHAT, blob))).toBe('secret');
  });

  it('seals nothing under a ciphertext that it does not open again as it was', async () => {
    const { server, master } = await transit();
    const other = Buffer.alloc(32).toString('base64');
    server.lie = ({ operation, data }) => (operation === 'decrypt' ? { data: { ...data, plaintext: other } } : {});
    await refused(seal(master, WHAT, Buffer.from('x')), 'ERR_MASTER_KEY_REMOTE', server.token, /something else/);
    const good = /vault:v1:(.*)/.exec(Buffer.from((await keptWrap(server)).bytes).toString())?.[1];
    for (const ciphertext of [
      '',
      'vault:v1:',
      `vault:v0:${good}`,
      `vault:v1:${good}`.slice(0, -4),
      `vault:v9:${good}`,
      `x:v1:${good}`,
      7,
      null,
    ]) {
      server.lie = ({ operation }) => (operation === 'encrypt' ? { data: { ciphertext } } : {});
      await refused(seal(master, WHAT, Buffer.from('x')), 'ERR_MASTER_KEY_REMOTE', server.token);
    }
  });

  it('opens nothing that was changed, nor with the data key of another', async () => {
    const { server, master } = await transit();
    const blob = await seal(master, WHAT, Buffer.from('secret'));
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await refused(unseal(master, WHAT, changed), 'ERR_SEALED_KEY', server.token);
      await refused(unseal(master, WHAT, blob.subarray(0, at)), 'ERR_SEALED_KEY', server.token);
    }
    for (const plaintext of [
      randomBytes(32).toString('base64'),
      randomBytes(16).toString('base64'),
      '',
      'x',
      null,
      5,
    ]) {
      server.lie = () => ({ data: { plaintext } });
      await refused(unseal(master, WHAT, blob), 'ERR_SEALED_KEY', server.token);
    }
  });

  it.each(LIES.filter(([name]) => name !== '400' && name !== 'nothing in its data'))(
    'that answers with %s is no reason to call a blob damaged or a master key wrong',
    async (_, lie) => {
      const { server, master, vault } = await transit();
      const store = await openStore(await testFolder());
      onTestFinished(() => store.close());
      await openCustody(store, master, () => vault);
      server.lie = lie;
      await refused(
        openCustody(store, master, () => vault),
        'ERR_MASTER_KEY_REMOTE',
        server.token,
      );
    },
  );

  it('takes over from a local one, and a local one from it', async () => {
    const { master, vault, server } = await transit();
    const store = await openStore(await testFolder());
    onTestFinished(() => store.close());
    const bytes = randomBytes(32);
    const local = () => localMasterKey(Buffer.from(bytes));
    const seed = Seed.generate('account');
    const open = (key: typeof master) => openCustody(store, key, () => vault);
    await (await open(local())).keep(store.db, 'account', seed.publicKey, seed, 1);
    expect(await (await open(keyring([master, local()]))).rewrap()).toMatchObject({ rewrapped: 1, complete: true });
    const signer = await (await open(master)).signer(store.db, seed.publicKey, seed.publicKey);
    expect(verifySignature(seed.publicKey, DATA, (await signer?.sign(DATA)) as Uint8Array)).toBe(true);
    server.rotate('master');
    expect(await (await open(master)).rewrap()).toMatchObject({ keyId: 'transit:transit/master:v2', rewrapped: 1 });
    expect(await (await open(keyring([local(), master]))).rewrap()).toMatchObject({ rewrapped: 1, complete: true });
    const asked = server.requests.length;
    expect(
      await (await (await open(local())).signer(store.db, seed.publicKey, seed.publicKey))?.sign(DATA),
    ).toHaveLength(64);
    expect(server.requests).toHaveLength(asked);
  });
});

describe('the way to Vault', () => {
  const ask = (settings: VaultSettings) => {
    const vault = openVault(settings);
    onTestFinished(() => vault.close());
    return vault.ask({ method: 'GET', path: ['transit', 'keys', 'op'], code: 'ERR_SIGNER_REMOTE' });
  };

  it('is TLS, or does not leave the machine', () => {
    for (const address of [
      'http://vault.example:8200',
      'http://10.0.0.1:8200',
      'http://127.0.0.1.example:8200',
      'ftp://127.0.0.1',
      'https://user:secret@vault.example',
      'https://vault.example/path',
      'https://vault.example?x',
      'vault.example:8200',
      '',
    ]) {
      expect(() => openVault({ address, token: 't' }), address).toThrow(
        expect.objectContaining({ code: 'ERR_VAULT_SETTINGS', message: expect.not.stringContaining('secret') }),
      );
    }
    for (const address of ['https://vault.example', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://localhost:1/']) {
      openVault({ address, token: 't' }).close();
    }
    for (const namespace of ['a\r\nb', 'a b', 'ü', '']) {
      expect(() => openVault({ address: 'https://vault.example', token: 't', namespace })).toThrow(
        expect.objectContaining({ code: 'ERR_VAULT_SETTINGS' }),
      );
    }
  });

  it('takes its settings by our names before those of OpenBao and Vault', () => {
    expect(vaultSettings({})).toBeNull();
    expect(vaultSettings({ VAULT_TOKEN: 't' })).toBeNull();
    const vault = { VAULT_ADDR: 'v', VAULT_TOKEN: 'vt', VAULT_CACERT: 'vc', VAULT_NAMESPACE: 'vn' };
    expect(vaultSettings(vault)).toEqual({ address: 'v', token: 'vt', caFile: 'vc', namespace: 'vn' });
    const ours = { NATSCTL_VAULT_ADDR: 'n', BAO_TOKEN: 'bt', NATSCTL_VAULT_TOKEN_FILE: 'f' };
    expect(vaultSettings({ ...vault, ...ours })).toMatchObject({ address: 'n', token: 'bt', tokenFile: 'f' });
  });

  it('reads the token file anew each time, and only one that is the service’s own', async () => {
    const { server } = await transit();
    const dir = await testFolder();
    const tokenFile = path.join(dir, 'token');
    const settings = { address: server.url, token: 'ignored beside a file', tokenFile };
    await refused(ask(settings), 'ERR_SIGNER_REMOTE', server.token, /cannot be read/);
    await writeFile(tokenFile, 'an-older-token\n', { mode: 0o600 });
    await refused(ask(settings), 'ERR_SIGNER_REMOTE', 'an-older-token', /403/);
    await writeFile(tokenFile, `${server.token}\n`);
    expect(await ask(settings)).toMatchObject({ type: 'ed25519' });
    await chmod(tokenFile, 0o644);
    await refused(ask(settings), 'ERR_SIGNER_REMOTE', server.token, /can be read by other users/);
    await chmod(tokenFile, 0o600);
    await mkdir(path.join(dir, 'sub'));
    const link = path.join(dir, 'sub', 'token');
    await symlink(tokenFile, link);
    await refused(ask({ ...settings, tokenFile: link }), 'ERR_SIGNER_REMOTE', server.token, /symbolic link/);
    for (const bad of ['', 'two tokens', 'a\r\nx-evil: 1', 'ü', 'x'.repeat(4_001)]) {
      await writeFile(tokenFile, bad, { mode: 0o600 });
      await refused(ask(settings), 'ERR_SIGNER_REMOTE', bad || server.token);
    }
  });

  it('is not left for another host, which never sees the token', async () => {
    const { server } = await transit();
    const seen: string[] = [];
    const foreign = http.createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('{"data":{}}');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void foreign.close());
    const location = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/v1/transit/keys/op`;
    for (const status of [301, 302, 303, 307, 308]) {
      server.lie = () => ({ status, headers: { location } });
      await refused(ask({ address: server.url, token: server.token }), 'ERR_SIGNER_REMOTE', server.token, /answers 30/);
    }
    expect(seen).toEqual([]);
  });

  it('says what the server says, but not the token, nor what would change a terminal', async () => {
    const { server } = await transit();
    server.lie = () => ({ status: 403, body: JSON.stringify({ errors: [`bad ${server.token}\u001b[31m\nred`, 7] }) });
    const why = await refused(ask({ address: server.url, token: server.token }), 'ERR_SIGNER_REMOTE', server.token);
    expect(why.message).toBe(`Vault or OpenBao at ${server.url} answers 403 (bad ... [31m red)`);
    expect(why.hint).toBe('renew the token, or let its policy read transit/keys/op');
  });

  it('is into a namespace, where one is given', async () => {
    const { server } = await transit();
    await ask({ address: server.url, token: server.token, namespace: 'team/a' });
    expect(server.headers['x-vault-namespace']).toBe('team/a');
  });

  it('that nobody listens on says so', async () => {
    const { server } = await transit();
    const settings = { address: 'http://127.0.0.1:1', token: server.token };
    await refused(ask(settings), 'ERR_SIGNER_REMOTE', server.token, /connection refused/);
  });
});

describe('a service whose operator key is in Transit', () => {
  it('signs accounts with it, holds no seed, and says 503 and nothing of the token when it cannot', async () => {
    const { server } = await transit();
    const settings = { address: server.url, token: server.token };
    const nkey = (await (await remoteCustody(server)).findRemote('operator', REFERENCE)).publicKey;
    const operator = await makeOperator();
    const claims = { ...operator.claims, nats: { ...operator.claims.nats, signing_keys: [nkey] } };
    const { token: jwt } = await signClaims(claims, seedSigner(operator.identity), { now: NOW });
    const running = await startService({ dataDir: await testFolder(), port: -1, logger: SILENT, vault: settings });
    onTestFinished(() => running.close());
    const api = (method: string, where: string, body: unknown = {}) =>
      send(`${running.url}/api/v1${where}`, {
        method,
        headers: { authorization: `Bearer ${running.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const foreign = await api('POST', '/operators', { jwt, remoteKey: { ...REFERENCE, name: 'other' } });
    expect(foreign).toMatchObject({ status: 400, json: { code: 'ERR_OPERATOR_KEY_FOREIGN' } });
    const adopted = await api('POST', '/operators', { jwt, remoteKey: REFERENCE });
    expect(adopted).toMatchObject({ status: 201, json: { keysInCustody: [nkey] } });
    const made = await api('POST', '/accounts', { name: 'shop' });
    expect(made).toMatchObject({ status: 201 });
    expect(decodeAs('account', made.json.jwt).claims.iss).toBe(nkey);

    // What a key in Transit signed for others no ledger knows, also when it is let go here and still is the account's.
    const signing = await api('POST', '/accounts', { name: 'signs-there', remoteKey: { signing: REFERENCE } });
    const [id, key] = [signing.json.publicKey, signing.json.claims.nats.signing_keys[0]];
    expect((await api('DELETE', `/accounts/${id}/keys/${key}`)).status).toBe(200);
    expect((await api('POST', `/accounts/${id}/revocations`, { user: '*', at: NOW - 100 })).status).toBe(201);
    expect((await api('POST', `/accounts/${id}/revocations/prune`)).json.kept).toMatchObject([
      { reason: 'signed-elsewhere' },
    ]);

    server.lie = () => ({ status: 503, body: JSON.stringify({ errors: [`sealed ${server.token}`] }) });
    const refused = await api('POST', '/accounts', { name: 'late' });
    expect(refused).toMatchObject({
      status: 503,
      json: { code: 'ERR_SIGNER_REMOTE', hint: expect.stringMatching(/unsealed/) },
    });
    expect(refused.text).not.toContain(server.token);
    const audit = await send(`${running.url}/api/v1/audit`, {
      headers: { authorization: `Bearer ${running.adminToken}` },
    });
    expect(audit.text).not.toContain('late');
    expect(audit.text).not.toContain(server.token);
    expect(audit.text).toContain('"signing-key.keep"');
  });
});

async function remoteCustody(server: { url: string; token: string }) {
  const store = await openStore(await testFolder());
  onTestFinished(() => store.close());
  const vault = openVault({ address: server.url, token: server.token });
  onTestFinished(() => vault.close());
  return openCustody(store, localMasterKey(randomBytes(32)), () => vault);
}

async function keptWrap(server: { url: string; token: string; lie: unknown }) {
  server.lie = undefined;
  const vault = openVault({ address: server.url, token: server.token });
  onTestFinished(() => vault.close());
  return transitMasterKey(vault, KEY).wrap(randomBytes(32));
}

/** Refused with this code and something to do next; the token is nowhere in what a log could write of it. */
async function refused(work: Promise<unknown>, code: string, token: string, message = /./): Promise<NatsctlError> {
  const error = await work.then(
    () => null,
    (reason: NatsctlError) => reason,
  );
  expect(error).toMatchObject({ code, hint: expect.stringMatching(/./), message: expect.stringMatching(message) });
  expect(inspect(error, { depth: 10, showHidden: true }).includes(token)).toBe(false);
  return error as NatsctlError;
}
