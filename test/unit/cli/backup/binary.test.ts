import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '../program.js';
import { passphraseFile } from '../sealed/temp-keystore.js';
import { tempDir } from '../temp.js';

describe('backup, restore and fix, through the program', () => {
  it('carry an operator to another machine', async () => {
    const home = tempDir();
    const passphrase = passphraseFile();
    const natsctl = program(home, { NATSCTL_BACKUP_PASSPHRASE_FILE: passphrase });
    const bare = program(home);
    const there = tempDir();
    const elsewhere = program(there, { NATSCTL_BACKUP_PASSPHRASE_FILE: passphrase });
    await natsctl('operator', 'create', 'acme');
    await natsctl('account', 'create', 'shop');
    await natsctl('user', 'create', 'ann');
    const done = await natsctl('backup', 'acme.backup');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/acme\.backup: acme: 2 accounts, 2 users, \d seeds, 2 creds\n$/);
    const file = path.join(home, 'acme.backup');
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const dry = await elsewhere('restore', file, '--dry-run');
    expect(dry.stdout).toMatch(/acme\/acme\.jwt +new\n/);
    expect(existsSync(path.join(there, '.local'))).toBe(false);
    expect((await elsewhere('restore', file)).code).toBe(0);
    // The context came along, and the keys sign.
    expect(JSON.parse((await elsewhere('user', 'create', 'bob', '--json')).stdout)).toMatchObject({ account: 'shop' });
    expect((await elsewhere('restore', file)).stdout).toContain('0 files are written');

    const key = JSON.parse((await natsctl('nkey', 'gen', 'curve', '--output', 'x.nk', '--json')).stdout).keys[0]
      .publicKey;
    expect((await bare('backup', 'sealed.backup', '--recipient', key, '--no-creds')).code).toBe(0);
    const fresh = ['--store', 's', '--keystore', 'k'];
    expect((await bare('restore', 'sealed.backup', '--key', 'x.nk', ...fresh)).stdout).toContain('0 creds');
    const plain = await bare('backup', 'plain.backup', '--plain');
    expect(plain.stderr).toContain('not encrypted');
    expect(readFileSync(path.join(home, 'plain.backup'), 'utf8')).toMatch(/"seed":"SO/);

    const fixed = await bare('fix', '--in', 's,k', '--out', 'rebuilt');
    expect(fixed.stdout).toMatch(/^operator acme \(O\w+\): 2 accounts, 2 users\n/);
    const built = ['--store', 'rebuilt/operators', '--keystore', 'rebuilt/keys'];
    expect((await bare('user', 'create', 'eve', '-a', 'shop', ...built)).code).toBe(0);
    expect((await bare('validate', ...built)).code).toBe(0);

    const seed = readFileSync(path.join(home, 'x.nk'), 'utf8').trim();
    writeFileSync(path.join(home, 'rubbish'), 'rubbish');
    const faults: [string[], number, string][] = [
      [['backup'], 2, 'ERR_USAGE'],
      [['backup', 'b'], 1, 'ERR_PASSPHRASE_MISSING'],
      [['backup', 'b', '--plain', '--recipient', key], 2, 'ERR_USAGE'],
      [['backup', 'b', '--recipient', 'XRUBBISH'], 1, 'ERR_KEY_INVALID'],
      [['backup', 'acme.backup', '--plain'], 1, 'ERR_FILE_EXISTS'],
      [['restore'], 2, 'ERR_USAGE'],
      [['restore', 'nowhere'], 1, 'ERR_SOURCE'],
      [['restore', 'rubbish'], 1, 'ERR_BACKUP_INVALID'],
      [['restore', 'acme.backup'], 1, 'ERR_PASSPHRASE_MISSING'],
      [['restore', 'sealed.backup'], 1, 'ERR_BACKUP_KEY'],
      [['restore', 'sealed.backup', '--key', seed], 2, 'ERR_USAGE'],
      [['restore', 'acme.backup', '--passphrase-file', passphraseFile('wrong horse')], 1, 'ERR_PASSPHRASE_WRONG'],
      [['fix'], 2, 'ERR_USAGE'],
      [['fix', '--in', 's', '--out', 'rebuilt'], 1, 'ERR_FILE_EXISTS'],
      [['fix', '--in', 'k', '--out', 'new'], 1, 'ERR_OPERATOR_MISSING'],
    ];
    for (const [args, exit, code] of faults) {
      const ended = await bare(...args, '--json');
      expect([ended.code, JSON.parse(ended.stdout).error.code], args.join(' ')).toEqual([exit, code]);
      expect(ended.stdout).not.toContain(seed);
    }
    expect(existsSync(path.join(home, 'b'))).toBe(false);
  }, 60_000);
});
