import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { generateKeys } from '../../../../cli/nkey/generate.js';
import { KEY_KINDS, publicKeyOf, seedOf } from '../../../../cli/nkey/key.js';
import { sealData, signData, unsealData, verifyData } from '../../../../cli/nkey/use.js';
import { peer } from '../../../peers.js';
import { program } from '../program.js';
import { tempDir } from '../temp.js';

const nats = peer('nats');

describe('nkey', () => {
  it('makes every kind, and keeps no seed nowhere', async () => {
    const keystore = tempDir();
    for (const kind of Object.values(KEY_KINDS)) {
      const [made] = await generateKeys({ kinds: [kind], keystore, showSeed: true, force: false });
      expect(made).toMatchObject({ kind, file: expect.stringMatching(/\.nk$/) });
      expect((await seedOf(made?.publicKey as string, keystore)).reveal()).toBe(made?.seed);
      expect(await publicKeyOf(made?.file as string)).toBe(made?.publicKey);
    }
    const nowhere = generateKeys({ kinds: ['user'], showSeed: false, force: false });
    await expect(nowhere).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('signs and verifies, seals and opens, and refuses what was changed', async () => {
    const data = Buffer.from('data');
    const seed = Seed.generate('account');
    const signature = await signData(seed, data);
    verifyData(seed.publicKey, data, `${signature}\n`);
    const other = Seed.generate('account').publicKey;
    expect(() => verifyData(other, data, signature)).toThrow(/not signed/);
    expect(() => verifyData(seed.publicKey, Buffer.from('datb'), signature)).toThrow(/not signed/);
    expect(() => verifyData(seed.publicKey, data, 'rubbish')).toThrow(/not signed/);
    const [a, b] = [Seed.generate('curve'), Seed.generate('curve')];
    await expect(signData(a, data)).rejects.toMatchObject({ code: 'ERR_KEY_USE' });
    for (const raw of [true, false]) {
      const sealed = sealData(a, b.publicKey, data, raw);
      expect(Buffer.from(unsealData(b, a.publicKey, sealed, raw)).toString()).toBe('data');
      expect(() => unsealData(b, b.publicKey, sealed, raw)).toThrow(/not sealed/);
    }
    expect(() => unsealData(b, a.publicKey, Buffer.from('ü'), false)).toThrow(/base64/);
  });

  it('through the program', async () => {
    const home = tempDir();
    const natsctl = program(home);
    const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
    const made = await natsctl('nkey', 'gen', 'account', '--output', 'a.nk');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).not.toMatch(/SA[A-Z2-7]{56}/);
    expect(statSync(path.join(home, 'a.nk')).mode & 0o777).toBe(0o600);
    expect((await natsctl('nkey', 'gen', 'account', '--output', 'a.nk')).code).toBe(1);
    expect((await natsctl('nkey', 'gen', 'user')).code).toBe(2);
    expect((await natsctl('nkey', 'gen', 'toString', '--show-seed')).code).toBe(2);
    const { publicKey } = await json('nkey', 'show', 'a.nk');
    expect((await json('nkey', 'show', 'a.nk', '--show-seed')).seed).toBe(
      readFileSync(path.join(home, 'a.nk'), 'utf8'),
    );
    expect((await json('generate', 'nkey', 'user', 'curve', '--save')).keys).toHaveLength(2);
    writeFileSync(path.join(home, 'data'), 'hello');
    const signed = await natsctl('nkey', 'sign', 'data', 'a.nk', '-f', 'data.sig');
    expect(signed.code).toBe(0);
    expect(await json('nkey', 'verify', 'data', 'data.sig', publicKey)).toMatchObject({ verified: true });
    expect((await natsctl('nkey', 'verify', 'a.nk', 'data.sig', publicKey)).code).toBe(1);
    // Base64url: one signature of 64 begins with a dash, and is no flag.
    const seed = Seed.parse(readFileSync(path.join(home, 'a.nk'), 'utf8').trim());
    let [text, dashed] = ['', ''];
    for (let i = 0; !dashed.startsWith('-'); i++) {
      text = `hello ${i}`;
      dashed = (await signData(seed, Buffer.from(text))).toString();
    }
    writeFileSync(path.join(home, 'dashed'), text);
    expect(await json('nkey', 'verify', 'dashed', dashed, publicKey)).toMatchObject({ verified: true });
    expect((await natsctl('nkey', 'verify', 'data', dashed, publicKey)).code).toBe(1);
    const [mine, theirs] = [
      await json('nkey', 'gen', 'curve', '-f', 'x.nk'),
      await json('nkey', 'gen', 'curve', '-f', 'y.nk'),
    ];
    await natsctl('nkey', 'seal', 'data', 'x.nk', theirs.keys[0].publicKey, '-f', 'sealed');
    expect(await natsctl('nkey', 'unseal', 'sealed', 'y.nk', mine.keys[0].publicKey)).toMatchObject({
      stdout: 'hello',
    });
  });

  it.skipIf(nats === undefined)('reads and writes what `nats auth nkey` does', async () => {
    const dir = tempDir();
    const run = (...args: string[]) =>
      execFileSync(nats as string, ['auth', 'nkey', ...args], {
        cwd: dir,
        env: { HOME: dir },
        encoding: 'utf8',
      }).trim();
    const file = (name: string, text: string | Uint8Array) => writeFileSync(path.join(dir, name), text);
    const [user, a, b] = [Seed.generate('user'), Seed.generate('curve'), Seed.generate('curve')];
    file('data', 'hello');
    file('u.nk', user.reveal());
    file('a.nk', a.reveal());
    file('b.nk', b.reveal());
    const signature = run('sign', 'data', 'u.nk');
    expect(signature).toBe(await signData(user, Buffer.from('hello')));
    file('sealed', sealData(a, b.publicKey, Buffer.from('hello'), false));
    expect(run('unseal', 'sealed', 'b.nk', a.publicKey)).toBe('hello');
    run('seal', 'data', 'a.nk', b.publicKey, '--output', 'theirs');
    const theirs = readFileSync(path.join(dir, 'theirs'));
    expect(Buffer.from(unsealData(b, a.publicKey, theirs, false)).toString()).toBe('hello');
  });
});

it('a seed given where a name or a public key belongs is not repeated by what refuses it', async () => {
  const natsctl = program(tempDir());
  await natsctl('operator', 'create', 'acme');
  const seed = Seed.generate('account').reveal();
  for (const words of [
    ['account', 'describe', seed],
    ['user', 'list', '-a', seed],
    ['account', 'signing-key', 'remove', seed, '-a', 'SYS'],
    ['operator', 'signing-key', 'remove', seed],
    ['operator', 'list', seed],
    ['user', 'create', 'u', '-a', 'SYS', '-K', `${seed}X`],
    ['nkey', 'verify', seed],
    ['describe', seed],
  ]) {
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await natsctl(...words, ...json);
      expect(code).not.toBe(0);
      expect(stdout + stderr).not.toContain(seed);
    }
  }
});
