import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatCreds } from '../../../../claims/creds.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { writeJournal } from '../../../../cli/store/journal.js';
import { findSeed } from '../../../../cli/store/keystore.js';
import {
  commitFiles,
  completeUnfinished,
  type FileWrite,
  hasUnfinished,
  type Place,
} from '../../../../cli/store/transaction.js';
import { tempDir } from '../temp.js';

let place: Place;
beforeEach(() => {
  const dir = tempDir();
  place = { storeRoot: path.join(dir, 'stores'), keystore: path.join(dir, 'keys') };
});

const inStore = (file: string, content: string | null): FileWrite => ({ in: 'store', path: file, content });
const inKeystore = (file: string, content: string | null): FileWrite => ({ in: 'keystore', path: file, content });
const read = (root: string, file: string) => readFileSync(path.join(root, file), 'utf8');
const everything = () => (existsSync(place.storeRoot) ? readdirSync(place.storeRoot, { recursive: true }).sort() : []);

describe('a change of several files', () => {
  it('makes, replaces and removes, privately, and leaves nothing else', async () => {
    await commitFiles(place, [
      inStore('acme/a.jwt', 'one'),
      inStore('acme/b/b.jwt', 'b'),
      inKeystore('keys/A/BC/x.nk', 's'),
    ]);
    await commitFiles(place, [inStore('acme/a.jwt', 'two'), inStore('acme/b/b.jwt', null)]);
    expect(read(place.storeRoot, 'acme/a.jwt')).toBe('two');
    expect(everything()).toEqual(['acme', 'acme/a.jwt']);
    expect(readdirSync(place.keystore)).toEqual(['keys']);
    expect(statSync(path.join(place.keystore, 'keys/A/BC/x.nk')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(place.keystore, 'keys/A')).mode & 0o777).toBe(0o700);
  });

  it('of thousands of files, makes each folder as private as one alone, and writes through none that is a link', async () => {
    const files = Array.from({ length: 300 }, (_, i) => inKeystore(`keys/U/F${i % 150}/${i}.nk`, `s${i}`));
    await commitFiles(place, files);
    for (const { path: file, content } of files) {
      expect(read(place.keystore, file)).toBe(content);
      expect(statSync(path.join(place.keystore, file)).mode & 0o777).toBe(0o600);
      expect(statSync(path.dirname(path.join(place.keystore, file))).mode & 0o777).toBe(0o700);
    }
    const elsewhere = tempDir();
    symlinkSync(elsewhere, path.join(place.keystore, 'keys/U/G'));
    const link = commitFiles(place, [...files, inKeystore('keys/U/G/x.nk', 's')]);
    await expect(link).rejects.toMatchObject({ code: 'ERR_SYMLINK_REFUSED' });
    writeFileSync(path.join(place.keystore, 'keys/U/H'), 'no folder');
    const inTheWay = commitFiles(place, [...files, inKeystore('keys/U/H/x.nk', 's')]);
    await expect(inTheWay).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(await hasUnfinished(place)).toBe(false);
  });

  it('is completed by the next process where one died after it was decided', async () => {
    await commitFiles(place, [inStore('acme/a.jwt', 'old'), inStore('acme/gone.jwt', 'x')]);
    const stop = new Error('as if it had died here');
    let copy: Buffer | undefined;
    const journal = () => readdirSync(place.keystore).find((name) => name.startsWith('unfinished-')) as string;
    const dying = commitFiles(
      place,
      [inStore('acme/a.jwt', 'new'), inStore('acme/gone.jwt', null), inKeystore('creds/u.creds', 'c')],
      {
        onFile: () => {
          copy = readFileSync(path.join(place.keystore, journal()));
          writeFileSync(path.join(place.keystore, 'copy'), `${journal()}`);
          throw stop;
        },
      },
    );
    await expect(dying).rejects.toBe(stop);
    // A fault in the process itself takes everything back; only then is the journal put back as a death would have left it.
    expect(read(place.storeRoot, 'acme/a.jwt')).toBe('old');
    expect(await hasUnfinished(place)).toBe(false);
    const name = read(place.keystore, 'copy');
    writeFileSync(path.join(place.keystore, name), copy as Buffer, { mode: 0o600 });
    expect(await hasUnfinished(place)).toBe(true);
    expect(await completeUnfinished(place)).toBe(true);
    expect(read(place.storeRoot, 'acme/a.jwt')).toBe('new');
    expect(existsSync(path.join(place.storeRoot, 'acme/gone.jwt'))).toBe(false);
    expect(read(place.keystore, 'creds/u.creds')).toBe('c');
    expect(await hasUnfinished(place)).toBe(false);
    expect(await completeUnfinished(place)).toBe(false);
  });

  it('takes away what a process that died left of a change that was not decided: seeds are in it', async () => {
    await commitFiles(place, [inStore('acme/a.jwt', 'old')]);
    await writeJournal(place, [inKeystore('keys/x.nk', 'a seed')]);
    const [journal] = readdirSync(place.keystore) as [string];
    const half = path.join(place.keystore, `.${journal}`);
    renameSync(path.join(place.keystore, journal), half);
    expect(await completeUnfinished(place)).toBe(false);
    expect(existsSync(half)).toBe(false);
    writeFileSync(half, 'a seed');
    await commitFiles(place, [inStore('acme/a.jwt', 'new')]);
    expect(readdirSync(place.keystore)).toEqual([]);
  });

  it('takes back what was done where one file cannot be written', async () => {
    await commitFiles(place, [inStore('acme/a.jwt', 'old')]);
    mkdirSync(path.join(place.storeRoot, 'acme/b.jwt'));
    const change = commitFiles(place, [
      inStore('acme/a.jwt', 'new'),
      inStore('acme/n/n.jwt', 'n'),
      inStore('acme/b.jwt', 'b'),
    ]);
    await expect(change).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_STORE_/) });
    expect(everything()).toEqual(['acme', 'acme/a.jwt', 'acme/b.jwt']);
    expect(read(place.storeRoot, 'acme/a.jwt')).toBe('old');
    expect(await hasUnfinished(place)).toBe(false);
  });

  it.each([0, 1_100, 2_099])(
    'takes back what two threads did where file %i of thousands cannot be written',
    async (at) => {
      await commitFiles(place, [inStore('acme/a/6.jwt', 'old')]);
      const files = Array.from({ length: 2_100 }, (_, i) => inStore(`acme/${'abc'[i % 3]}/${i}.jwt`, `new ${i}`));
      mkdirSync(path.join(place.storeRoot, files[at]?.path ?? ''), { recursive: true });
      const before = everything();
      await expect(commitFiles(place, files)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_STORE_/),
        message: expect.stringContaining(`${at}.jwt`),
      });
      expect(everything()).toEqual(before);
      expect(read(place.storeRoot, 'acme/a/6.jwt')).toBe('old');
      expect(await hasUnfinished(place)).toBe(false);
    },
  );

  it('loses no seed that is only in creds it replaces', async () => {
    const account = seedSigner(Seed.generate('account'));
    const creds = async (seed: Seed) =>
      formatCreds((await signClaims(newUser(seed.publicKey, 'u'), account, { now: 1 })).token, seed);
    const [old, next] = [Seed.generate('user'), Seed.generate('user')];
    await commitFiles(place, [inKeystore('creds/acme/a/u.creds', await creds(old))]);
    await commitFiles(place, [inKeystore('creds/acme/a/u.creds', await creds(next))]);
    expect((await findSeed(place.keystore, old.publicKey))?.reveal()).toBe(old.reveal());
    expect(await findSeed(place.keystore, next.publicKey)).toBeNull();
  });

  it('follows no link below the keystore', async () => {
    const elsewhere = tempDir();
    mkdirSync(place.keystore, { recursive: true });
    symlinkSync(elsewhere, path.join(place.keystore, 'creds'));
    const change = commitFiles(place, [inStore('acme/a.jwt', 'a'), inKeystore('creds/x.creds', 'c')]);
    await expect(change).rejects.toMatchObject({ code: 'ERR_SYMLINK_REFUSED' });
    expect(everything()).toEqual([]);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it.each(['../x', '/x', 'a//b', 'a/../../b', 'a\\b', '', 'a/.'])('refuses the path %j', async (file) => {
    await expect(commitFiles(place, [inStore(file, 'x')])).rejects.toThrow('not a path below a root');
    expect(everything()).toEqual([]);
  });

  it('does not begin where its journal cannot be read', async () => {
    await commitFiles(place, [inStore('a', 'x')]);
    mkdirSync(place.keystore, { recursive: true });
    const { createHash } = await import('node:crypto');
    const name = createHash('sha256').update(place.storeRoot).digest('hex').slice(0, 16);
    const journal = path.join(place.keystore, `unfinished-${name}.natsctl-tmp`);
    for (const text of [
      '',
      '{"version":2,"writes":[]}',
      '{"version":1,"writes":[{"in":"store","path":"../x","content":""}]}',
    ]) {
      writeFileSync(journal, text);
      await expect(completeUnfinished(place)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    }
    chmodSync(journal, 0o600);
    expect(everything()).toEqual(['a']);
  });
});
