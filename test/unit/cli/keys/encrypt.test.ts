import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { changePassphrase, decryptKeystore, encryptKeystore } from '../../../../cli/keys/encrypt.js';
import { importKeys } from '../../../../cli/keys/transfer.js';
import { listOperatorSigningKeys } from '../../../../cli/operator/signing-keys.js';
import { headerFile, readHeader } from '../../../../cli/sealed/header.js';
import { sealWrites } from '../../../../cli/sealed/seal-writes.js';
import { isSealedSeed } from '../../../../cli/sealed/seed-text.js';
import { writeJournal } from '../../../../cli/store/journal.js';
import { credsFile, findSeed, keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { commitFiles, completeUnfinished } from '../../../../cli/store/transaction.js';
import { createUser } from '../../../../cli/user/create.js';
import { makeCreds } from '../../../../cli/user/creds.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { peer } from '../../../peers.js';
import { cheapKdf, freshProcess, PASSPHRASE, passphraseFile } from '../sealed/temp-keystore.js';
import { tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const all = { kinds: [], dryRun: false };
const nsc = peer('nsc');

async function encrypted(options: { creds?: 'keep' | 'remove'; kinds?: ('operator' | 'account' | 'user')[] } = {}) {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'shop' });
  const user = await createUser(workspace, { name: 'u', account: 'shop', ...noPermissions });
  const before = readFileSync(keyFile(workspace.keystore, user.publicKey), 'utf8');
  const file = passphraseFile();
  await freshProcess(file);
  const done = await encryptKeystore(workspace.paths, { ...all, ...options, kdf: cheapKdf() });
  await freshProcess(file);
  const text = (key: string) => readFileSync(keyFile(workspace.keystore, key), 'utf8');
  return { workspace, user, before, file, done, text };
}

describe('an encrypted keystore', () => {
  it('holds no seed in plain text, and every command goes on working with the passphrase', async () => {
    const { workspace, user, before, done, text } = await encrypted();
    expect(done.keys.map(({ result }) => result)).toEqual(Array(done.keys.length).fill('encrypted'));
    // Operator, its signing key, SYS, its signing key, sys, shop, u.
    expect(done.keys).toHaveLength(7);
    for (const { key } of done.keys) {
      expect(text(key)).not.toMatch(/S[OAUX][A-Z2-7]{56}/);
      expect(isSealedSeed(text(key))).toBe(true);
      expect(statSync(keyFile(workspace.keystore, key)).mode & 0o777).toBe(0o600);
    }
    expect((await findSeed(workspace.keystore, user.publicKey))?.reveal()).toBe(before);
    const next = await createUser(workspace, { name: 'v', account: 'shop', ...noPermissions });
    expect(isSealedSeed(text(next.publicKey))).toBe(true);
    expect(existsSync(next.creds as string)).toBe(true);

    const back = await decryptKeystore(workspace.paths, all);
    expect(back.keys.map(({ result }) => result)).toEqual(Array(8).fill('decrypted'));
    expect(text(user.publicKey)).toBe(before);
    expect(existsSync(headerFile(workspace.keystore))).toBe(false);
    await freshProcess(null);
    expect(await findSeed(workspace.keystore, user.publicKey)).not.toBeNull();
    await expect(decryptKeystore(workspace.paths, all)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_NOT_ENCRYPTED' });
  });

  it('is locked without a passphrase, but for what needs no seed', async () => {
    const { workspace, user } = await encrypted();
    await freshProcess(null);
    await expect(findSeed(workspace.keystore, user.publicKey)).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_LOCKED',
      hint: expect.stringContaining('NATSCTL_PASSPHRASE_FILE'),
    });
    await expect(createAccount(workspace, { name: 'more' })).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    expect(existsSync(path.join(workspace.store.dir, 'accounts', 'more'))).toBe(false);
    expect((await listOperatorSigningKeys(workspace)).signingKeys).toMatchObject([{ stored: true }]);
    expect(
      (await validateStore(workspace, { accounts: [], drift: false })).findings.filter(
        ({ level }) => level === 'error',
      ),
    ).toEqual([]);
  });

  it('says of a wrong passphrase that it is wrong, and no more', async () => {
    const { workspace, user } = await encrypted();
    await freshProcess(passphraseFile('wrong horse battery'));
    const refused = await findSeed(workspace.keystore, user.publicKey).catch((error) => error);
    expect(refused).toMatchObject({ code: 'ERR_PASSPHRASE_WRONG', details: {} });
    expect(JSON.stringify(refused)).not.toContain('horse');
    await expect(decryptKeystore(workspace.paths, all)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
  });

  it('refuses a passphrase file that others may read, an empty one and a short one', async () => {
    const { workspace, user, file } = await encrypted();
    for (const [text, mode, code] of [
      [PASSPHRASE, 0o640, 'ERR_PASSPHRASE_FILE'],
      [PASSPHRASE, 0o604, 'ERR_PASSPHRASE_FILE'],
      ['\nsecond line', 0o600, 'ERR_PASSPHRASE_FILE'],
      ['x'.repeat(5000), 0o600, 'ERR_PASSPHRASE_FILE'],
    ] as const) {
      writeFileSync(file, text);
      chmodSync(file, mode);
      await freshProcess(file);
      await expect(findSeed(workspace.keystore, user.publicKey), text).rejects.toMatchObject({ code });
    }
    const pipe = path.join(path.dirname(file), 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    await freshProcess(pipe);
    await expect(findSeed(workspace.keystore, user.publicKey)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_FILE' });
    writeFileSync(file, `\uFEFF${PASSPHRASE}\r\n`);
    chmodSync(file, 0o600);
    await freshProcess(file);
    expect(await findSeed(workspace.keystore, user.publicKey)).not.toBeNull();
    await freshProcess(path.join(path.dirname(file), 'nowhere'));
    await expect(findSeed(workspace.keystore, user.publicKey)).rejects.toMatchObject({
      message: expect.stringContaining('there is no such file'),
      code: 'ERR_STORE_IO',
    });
    const plain = await tempWorkspace();
    await freshProcess(passphraseFile('short'));
    await expect(encryptKeystore(plain.paths, all)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_FILE' });
    expect(existsSync(headerFile(plain.keystore))).toBe(false);
    await freshProcess(null);
    await expect(encryptKeystore(plain.paths, all)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_MISSING' });
  });

  it('may hold some kinds in plain text', async () => {
    const { workspace, user, text, file } = await encrypted({ kinds: ['operator', 'account'] });
    expect(isSealedSeed(text(user.publicKey))).toBe(false);
    expect(isSealedSeed(text(user.accountKey))).toBe(true);
    const next = await createUser(workspace, { name: 'v', account: 'shop', ...noPermissions });
    expect(isSealedSeed(text(next.publicKey))).toBe(false);
    const more = await createAccount(workspace, { name: 'more' });
    expect(isSealedSeed(text(more.publicKey))).toBe(true);
    await decryptKeystore(workspace.paths, { ...all, kinds: ['account'] });
    expect(isSealedSeed(text(more.publicKey))).toBe(false);
    expect((await readHeader(workspace.keystore))?.kinds).toEqual(['operator']);
    await freshProcess(file);
    const rest = await encryptKeystore(workspace.paths, { ...all, dryRun: true });
    expect(rest.keys.filter(({ result }) => result === 'already').map(({ kind }) => kind)).toEqual([
      'operator',
      'operator',
    ]);
    expect(isSealedSeed(text(more.publicKey))).toBe(false);
  });

  it('gets another passphrase without a seed being written', async () => {
    const { workspace, user, text } = await encrypted();
    const before = text(user.publicKey);
    const newFile = passphraseFile('another horse battery');
    await changePassphrase(workspace.paths, { newFile, dryRun: true, kdf: cheapKdf() });
    await freshProcess(passphraseFile());
    await changePassphrase(workspace.paths, { newFile, dryRun: false, kdf: cheapKdf() });
    expect(text(user.publicKey)).toBe(before);
    await freshProcess(passphraseFile());
    await expect(findSeed(workspace.keystore, user.publicKey)).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
    await freshProcess(newFile);
    expect(await findSeed(workspace.keystore, user.publicKey)).not.toBeNull();
    const plain = await tempWorkspace();
    await expect(changePassphrase(plain.paths, { newFile, dryRun: false })).rejects.toMatchObject({
      code: 'ERR_KEYSTORE_NOT_ENCRYPTED',
    });
  });

  it('notices seeds that were swapped, changed, or come from another keystore', async () => {
    const { workspace, user, text } = await encrypted();
    const file = keyFile(workspace.keystore, user.publicKey);
    const own = text(user.publicKey);
    const swapped = text(user.accountKey).replace(user.accountKey, user.publicKey);
    const changed = own.replace(/(.{9})(.)\n$/, (_, head, last) => `${head}${last === 'A' ? 'B' : 'A'}\n`);
    for (const bad of [swapped, own.slice(0, -9), changed.replace(/.$/m, 'A'), own.replace(' 1 ', ' 2 ')]) {
      writeFileSync(file, bad);
      await expect(findSeed(workspace.keystore, user.publicKey), bad).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(STORE_DAMAGED|SEED_ENCRYPTED)$/),
      });
    }
    const dry = await decryptKeystore(workspace.paths, { ...all, dryRun: true });
    expect(dry.keys.filter(({ result }) => result === 'unreadable')).toMatchObject([{ key: user.publicKey }]);
    const kept = await decryptKeystore(workspace.paths, all);
    expect(kept.keys.filter(({ result }) => result === 'decrypted')).toHaveLength(6);
    // What opens the unreadable one, should it be restored, is not thrown away.
    expect(existsSync(headerFile(workspace.keystore))).toBe(true);
    const elsewhere = path.join(tempDir(), `${user.publicKey}.nk`);
    writeFileSync(elsewhere, own);
    expect(await importKeys(path.join(tempDir(), 'k'), [elsewhere], { recurse: false, dryRun: false })).toMatchObject([
      { result: 'unreadable' },
    ]);
  });

  it.each([
    ['memory', { N: 2 ** 30 }],
    ['memory by r', { N: 2 ** 20, r: 16 }],
    ['time', { p: 1000 }],
    ['no power of two', { N: 100_000 }],
    ['nothing to guess', { N: 2 }],
    ['no salt', { salt: '' }],
    ['another function', { name: 'md5' }],
  ])('a header that would take the machine, or protects nothing, is not followed: %s', async (_what, bad) => {
    const { workspace, user } = await encrypted();
    const file = headerFile(workspace.keystore);
    const header = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...header, kdf: { ...header.kdf, ...bad } }));
    await expect(findSeed(workspace.keystore, user.publicKey)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('takes creds away that can be made again, and keeps the others', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'shop' });
    const user = await createUser(workspace, { name: 'u', account: 'shop', ...noPermissions });
    const lone = await createUser(workspace, { name: 'lone', account: 'shop', ...noPermissions });
    const creds = credsFile(workspace.keystore, 'acme', 'shop', 'u');
    const gone = credsFile(workspace.keystore, 'acme', 'shop', 'gone');
    const other = credsFile(workspace.keystore, 'acme', 'shop', 'other');
    writeFileSync(gone, readFileSync(creds));
    writeFileSync(other, 'rubbish');
    // Its creds are the one place that has the seed of `lone`.
    const loneSeed = await findSeed(workspace.keystore, lone.publicKey);
    execFileSync('rm', [keyFile(workspace.keystore, lone.publicKey)]);
    await freshProcess(passphraseFile());
    const dry = await encryptKeystore(workspace.paths, { ...all, creds: 'remove', dryRun: true });
    expect(dry.credsFiles.removed).toHaveLength(3);
    expect(existsSync(creds)).toBe(true);
    const done = await encryptKeystore(workspace.paths, { ...all, creds: 'remove', kdf: cheapKdf() });
    expect(done.credsFiles.removed.map((file) => path.basename(file)).sort()).toEqual([
      'lone.creds',
      'sys.creds',
      'u.creds',
    ]);
    expect(done.credsFiles.kept.map(({ file }) => file).sort()).toEqual([gone, other]);
    expect(existsSync(creds)).toBe(false);
    expect((await findSeed(workspace.keystore, lone.publicKey))?.reveal()).toBe(loneSeed?.reveal());
    expect((await createUser(workspace, { name: 'v', account: 'shop', ...noPermissions })).creds).toBeNull();
    expect((await makeCreds(workspace, { user: 'u', account: 'shop' })).text).toContain('USER NKEY SEED');
    expect(user.creds).toBe(creds);
    const again = await encryptKeystore(workspace.paths, { ...all, creds: 'keep' });
    expect(again.keys.every(({ result }) => result === 'already')).toBe(true);
    const w = await createUser(workspace, { name: 'w', account: 'shop', ...noPermissions });
    expect(existsSync(w.creds as string)).toBe(true);
  });

  it('takes a seed that is there already for the same, and another one for a conflict', async () => {
    const { workspace, user, before } = await encrypted();
    await writeSeed(workspace.keystore, Seed.parse(before));
    writeFileSync(keyFile(workspace.keystore, user.publicKey), Seed.generate('user').reveal());
    await expect(writeSeed(workspace.keystore, Seed.parse(before))).rejects.toMatchObject({ code: 'ERR_KEY_CONFLICT' });
  });

  it('gets encrypted seeds, and no creds, from a change of several files too', async () => {
    const { workspace, text } = await encrypted({ creds: 'remove' });
    const seed = Seed.generate('account');
    const creds = 'creds/acme/shop/w.creds';
    const file = path.relative(workspace.keystore, keyFile(workspace.keystore, seed.publicKey));
    await commitFiles(workspace.paths, [
      { in: 'keystore', path: file, content: seed.reveal() },
      { in: 'keystore', path: creds, content: 'the creds' },
      { in: 'keystore', path: 'creds/other', content: 'no creds' },
    ]);
    expect(isSealedSeed(text(seed.publicKey))).toBe(true);
    expect((await findSeed(workspace.keystore, seed.publicKey))?.reveal()).toBe(seed.reveal());
    expect(existsSync(path.join(workspace.keystore, creds))).toBe(false);
    expect(readFileSync(path.join(workspace.keystore, 'creds/other'), 'utf8')).toBe('no creds');
    await freshProcess(null);
    const other = Seed.generate('account');
    const write = {
      in: 'keystore' as const,
      path: file.replaceAll(seed.publicKey, other.publicKey),
      content: other.reveal(),
    };
    await expect(commitFiles(workspace.paths, [write])).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
  });

  it('leaves the seed in the keystore where creds that are not kept held the one copy', async () => {
    const { workspace, user } = await encrypted({ creds: 'remove' });
    const { text } = await makeCreds(workspace, { user: 'u', account: 'shop' });
    const before = (await findSeed(workspace.keystore, user.publicKey))?.reveal();
    rmSync(keyFile(workspace.keystore, user.publicKey));
    await commitFiles(workspace.paths, [{ in: 'keystore', path: 'creds/acme/shop/renamed.creds', content: text }]);
    expect(existsSync(path.join(workspace.keystore, 'creds/acme/shop/renamed.creds'))).toBe(false);
    expect((await findSeed(workspace.keystore, user.publicKey))?.reveal()).toBe(before);
  });

  it('encrypts what another store of it had decided before, and was killed', async () => {
    const { workspace, text } = await encrypted({ creds: 'remove' });
    const seed = Seed.generate('account');
    const other = { storeRoot: tempDir(), keystore: workspace.keystore };
    const place = path.relative(workspace.keystore, keyFile(workspace.keystore, seed.publicKey));
    await writeJournal(other, [
      { in: 'keystore', path: place, content: seed.reveal() },
      { in: 'keystore', path: 'creds/other/a/u.creds', content: 'the creds' },
    ]);
    const again = await encryptKeystore(workspace.paths, all);
    expect(again.unfinished).toEqual([expect.stringContaining('unfinished-')]);
    expect(await completeUnfinished(other)).toBe(true);
    expect(isSealedSeed(text(seed.publicKey))).toBe(true);
    expect((await findSeed(workspace.keystore, seed.publicKey))?.reveal()).toBe(seed.reveal());
    expect(existsSync(path.join(workspace.keystore, 'creds/other'))).toBe(false);
    expect((await encryptKeystore(workspace.paths, all)).unfinished).toEqual([]);
  });

  it('keeps its header, decrypted, while a change of another store waits that has seeds encrypted by it', async () => {
    const { workspace, file } = await encrypted();
    const seed = Seed.generate('account');
    const other = { storeRoot: tempDir(), keystore: workspace.keystore };
    const place = path.relative(workspace.keystore, keyFile(workspace.keystore, seed.publicKey));
    const writes = await sealWrites(workspace.keystore, [{ in: 'keystore', path: place, content: seed.reveal() }]);
    await writeJournal(other, writes);
    const first = await decryptKeystore(workspace.paths, all);
    expect(first.unfinished).toHaveLength(1);
    expect(existsSync(headerFile(workspace.keystore))).toBe(true);
    expect(await completeUnfinished(other)).toBe(true);
    expect((await decryptKeystore(workspace.paths, all)).unfinished).toEqual([]);
    await freshProcess(null);
    expect((await findSeed(workspace.keystore, seed.publicKey))?.reveal()).toBe(seed.reveal());
    await freshProcess(file);
  });

  it('loses no seed that another store puts in while it is decrypted', async () => {
    const { workspace } = await encrypted();
    const other = { storeRoot: tempDir(), keystore: workspace.keystore };
    const seeds: Seed[] = [];
    let over = false;
    const writing = (async () => {
      while (!over) {
        const [one, two] = [Seed.generate('account'), Seed.generate('account')];
        const place = path.relative(workspace.keystore, keyFile(workspace.keystore, two.publicKey));
        await writeSeed(workspace.keystore, one);
        await commitFiles(other, [{ in: 'keystore', path: place, content: two.reveal() }]);
        seeds.push(one, two);
      }
    })();
    for (let round = 0; round < 5; round++) {
      const { unfinished } = await decryptKeystore(workspace.paths, all);
      if (unfinished.length === 0 && round < 4) await encryptKeystore(workspace.paths, { ...all, kdf: cheapKdf() });
    }
    over = true;
    await writing;
    if (existsSync(headerFile(workspace.keystore))) await decryptKeystore(workspace.paths, all);
    await freshProcess(null);
    expect(seeds.length).toBeGreaterThan(0);
    for (const seed of seeds) {
      expect((await findSeed(workspace.keystore, seed.publicKey))?.reveal()).toBe(seed.reveal());
    }
  });

  it('takes away what killed writes left in plain text, and nothing that may be written now', async () => {
    const { workspace } = await encrypted();
    const dir = path.dirname(keyFile(workspace.keystore, Seed.generate('user').publicKey));
    mkdirSync(dir, { recursive: true });
    const old = path.join(dir, '.x.nk.0011.natsctl-tmp');
    const fresh = path.join(dir, '.y.nk.0011.natsctl-tmp');
    for (const one of [old, fresh]) writeFileSync(one, Seed.generate('user').reveal());
    utimesSync(old, 1, 1);
    await encryptKeystore(workspace.paths, { ...all, dryRun: true });
    expect(existsSync(old)).toBe(true);
    await encryptKeystore(workspace.paths, all);
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
  });

  it('two at once do not undo what the other one set', async () => {
    const { workspace } = await encrypted({ kinds: ['user'] });
    const run = (kind: 'operator' | 'account', creds: 'keep' | 'remove') =>
      encryptKeystore(workspace.paths, { ...all, kinds: [kind], creds });
    const done = await Promise.allSettled([run('operator', 'remove'), run('account', 'keep')]);
    const refused = done.filter(({ status }) => status === 'rejected');
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'ERR_KEYSTORE_LOCKED' } });
    const kinds = (await readHeader(workspace.keystore))?.kinds ?? [];
    for (const one of done) if (one.status === 'fulfilled') expect(kinds).toEqual(one.value.kinds);
    expect(kinds).toHaveLength(3 - refused.length);
  });

  it.skipIf(nsc === undefined)('is refused by nsc, which works again once it is decrypted', async () => {
    const { workspace, file } = await encrypted();
    const home = tempDir();
    const run = (...args: string[]) => {
      const dirs = ['--data-dir', workspace.store.root, '--keystore-dir', workspace.keystore, '--config-dir', home];
      return execFileSync(nsc as string, [...args, ...dirs], {
        encoding: 'utf8',
        env: { HOME: home, NSC_NO_GIT_IGNORE: '1' },
        cwd: workspace.store.dir,
        stdio: 'pipe',
      });
    };
    expect(() => run('add', 'account', 'byNsc')).toThrow();
    expect(existsSync(path.join(workspace.store.dir, 'accounts', 'byNsc'))).toBe(false);
    await freshProcess(file);
    await decryptKeystore(workspace.paths, all);
    run('add', 'account', 'byNsc');
    expect(existsSync(path.join(workspace.store.dir, 'accounts', 'byNsc', 'byNsc.jwt'))).toBe(true);
  });
});
