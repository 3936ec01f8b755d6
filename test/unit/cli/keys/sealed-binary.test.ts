import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { isSealedSeed } from '../../../../cli/sealed/seed-text.js';
import { keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { program } from '../program.js';
import { passphraseFile } from '../sealed/temp-keystore.js';
import { tempDir } from '../temp.js';

const data = (home: string, ...parts: string[]) => path.join(home, '.local', 'share', 'nats', 'nsc', ...parts);

describe('an encrypted keystore, through the program', () => {
  it('encrypts, works by passphrase file and by agent, gets another passphrase, decrypts', async () => {
    const home = tempDir();
    const file = passphraseFile();
    const locked = program(home, { XDG_RUNTIME_DIR: home });
    const natsctl = program(home, { NATSCTL_PASSPHRASE_FILE: file, XDG_RUNTIME_DIR: home });
    const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
    await natsctl('operator', 'create', 'acme');
    const none = await locked('keys', 'encrypt', '--json');
    expect([none.code, JSON.parse(none.stdout).error.code]).toEqual([1, 'ERR_PASSPHRASE_MISSING']);
    const done = await natsctl('keys', 'encrypt');
    expect(done.stdout).toMatch(/^5 seeds are encrypted in /);
    expect(done.stderr).toContain('1 creds files hold user seeds in plain text');
    expect(await json('account', 'create', 'shop')).toMatchObject({ name: 'shop' });
    expect(await json('keys', 'encrypt', '--creds', 'remove')).toMatchObject({
      creds: 'remove',
      credsFiles: { removed: [expect.stringMatching(/sys\.creds$/)], kept: [] },
    });
    expect(await json('user', 'create', 'u', '-a', 'shop')).toMatchObject({ creds: null });
    // Nothing is said to be written that is not.
    writeFileSync(path.join(home, 'users.csv'), 'name\nv\n');
    expect((await natsctl('user', 'create', '--from', 'users.csv', '-a', 'shop')).stdout).toMatch(/^creds +none$/m);
    const edited = await natsctl('user', 'edit', 'u', '-a', 'shop', '--allow-pub', 'x');
    expect(edited.stderr).toContain('no creds were written: this keystore keeps none');
    const context = await natsctl('context', 'nats', 'shop', '-a', 'shop', '--user', 'u');
    expect(context).toMatchObject({ code: 1, stderr: expect.stringContaining('ERR_CREDS_NOT_KEPT') });
    expect(existsSync(data(home, 'keys', 'creds', 'acme', 'shop'))).toBe(false);

    const refused = await locked('account', 'create', 'more');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('ERR_KEYSTORE_LOCKED');
    expect(await locked('validate', '--json')).toMatchObject({ code: 0 });
    expect((await natsctl('keys', 'agent', '--for', '0')).code).toBe(2);
    const agent = await json('keys', 'agent', '--for', '5m');
    onTestFinished(() => {
      try {
        process.kill(agent.pid);
      } catch {
        // It ended with `keys lock`.
      }
    });
    expect(agent.socket.startsWith(home)).toBe(true);
    expect((await locked('account', 'create', 'more')).code).toBe(0);
    expect((await locked('keys', 'agent', '--json')).stdout).toContain('ERR_AGENT_FAILED');
    expect((await locked('keys', 'lock')).stdout).toMatch(/ is locked\n$/);
    expect((await locked('keys', 'lock')).stdout).toContain('no agent');
    expect((await locked('account', 'create', 'again')).stderr).toContain('ERR_KEYSTORE_LOCKED');

    const next = passphraseFile('another horse battery');
    expect((await natsctl('keys', 'passwd', '--new-passphrase-file', next)).code).toBe(0);
    expect((await natsctl('keys', 'decrypt', '--json')).stdout).toContain('ERR_PASSPHRASE_WRONG');
    const back = await locked('keys', 'decrypt', '--passphrase-file', next);
    expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^9 seeds are decrypted/) });
    expect((await locked('account', 'create', 'again')).code).toBe(0);
  });

  it('a kill at any moment leaves every seed old or new, and the same command goes on', async () => {
    const home = tempDir();
    const keystore = data(home, 'keys');
    const seeds = new Map<string, string>();
    for (let made = 0; made < 250; made += 1) {
      const seed = Seed.generate('user');
      seeds.set(seed.publicKey, seed.reveal());
      await writeSeed(keystore, seed);
    }
    const file = passphraseFile();
    const env = { PATH: process.env.PATH, HOME: home, NATSCTL_PASSPHRASE_FILE: file };
    const text = (key: string) => readFileSync(keyFile(keystore, key), 'utf8');
    const sealed = () => [...seeds.keys()].filter((key) => isSealedSeed(text(key))).length;
    const child = execFile(inject('natsctl'), ['keys', 'encrypt'], { env });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // The header is there before the first seed is touched; then a few of them, and the end.
    const watcher = watch(path.join(keystore, 'keys', 'U'), { recursive: true }, () => {
      if (sealed() >= 3) child.kill('SIGKILL');
    });
    await ended;
    watcher.close();
    expect(sealed()).toBeGreaterThan(0);
    expect(sealed()).toBeLessThan(seeds.size);
    for (const [key, seed] of seeds) expect(isSealedSeed(text(key)) || text(key) === seed).toBe(true);
    const natsctl = program(home, env as Record<string, string>);
    expect((await natsctl('keys', 'encrypt')).code).toBe(0);
    expect(sealed()).toBe(seeds.size);
    expect((await natsctl('keys', 'decrypt')).code).toBe(0);
    for (const [key, seed] of seeds) expect(text(key)).toBe(seed);
  });

  it('lists and removes orphaned seeds; migrates an old keystore', async () => {
    const home = tempDir();
    const natsctl = program(home);
    const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
    const keystore = data(home, 'keys');
    await natsctl('operator', 'create', 'acme');
    expect((await natsctl('keys', 'orphaned')).stderr).toBe('no orphaned keys\n');
    const orphan = Seed.generate('account');
    const curve = Seed.generate('curve');
    for (const seed of [orphan, curve]) await writeSeed(keystore, seed);
    expect((await natsctl('keys', 'orphaned')).stdout).toContain(orphan.publicKey);
    expect((await natsctl('keys', 'orphaned', '--remove')).code).toBe(2);
    expect(await json('keys', 'orphaned', '--remove', '--dry-run')).toMatchObject({ keys: [{}, { removed: false }] });
    expect(await json('keys', 'orphaned', '--kind', 'account', '--remove', '--yes')).toMatchObject({
      keys: [{ key: orphan.publicKey, kind: 'account', removed: true }],
    });
    expect(existsSync(keyFile(keystore, orphan.publicKey))).toBe(false);
    expect(existsSync(keyFile(keystore, curve.publicKey))).toBe(true);

    const old = path.join(keystore, 'acme', 'accounts', 'shop', 'users');
    mkdirSync(old, { recursive: true });
    writeFileSync(path.join(old, '..', 'shop.nk'), orphan.reveal());
    writeFileSync(path.join(old, 'u.creds'), 'the creds');
    expect((await natsctl('account', 'create', 'x')).stderr).toContain('natsctl keys migrate');
    expect(await json('keys', 'migrate', '--dry-run')).toMatchObject({
      keys: [{ key: orphan.publicKey }],
      creds: [{}],
    });
    expect(existsSync(old)).toBe(true);
    const done = await json('keys', 'migrate');
    expect(readFileSync(keyFile(keystore, orphan.publicKey), 'utf8')).toBe(orphan.reveal());
    expect(readFileSync(path.join(keystore, 'creds', 'acme', 'shop', 'u.creds'), 'utf8')).toBe('the creds');
    expect(readdirSync(done.kept)).toEqual(['acme']);
    expect((await natsctl('account', 'create', 'x')).code).toBe(0);
    expect((await natsctl('keys', 'migrate')).stderr).toContain('nothing to migrate');

    // A second time: what differs from what is there is refused before anything is written.
    renameSync(path.join(done.kept, 'acme'), path.join(keystore, 'acme'));
    writeFileSync(path.join(old, 'u.creds'), 'other creds');
    expect((await natsctl('keys', 'migrate', '--json')).stdout).toContain('ERR_CREDS_IN_THE_WAY');
    writeFileSync(path.join(old, 'bad.nk'), 'rubbish');
    expect((await natsctl('keys', 'migrate', '--json')).stdout).toContain('ERR_STORE_DAMAGED');
    expect(existsSync(old)).toBe(true);
  });
});
