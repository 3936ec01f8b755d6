import { existsSync } from 'node:fs';
import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareDataDir } from '../../../service/store/data-dir.js';
import { lockDataDir } from '../../../service/store/lock.js';
import { openStore } from '../../../service/store/open.js';
import { testFolder } from './folder.js';

const mode = async (file: string) => (await stat(file)).mode & 0o777;

describe('the data folder', () => {
  it('is made closed, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const dir = path.join(await testFolder(), 'a', 'data');
      await prepareDataDir(dir);
      expect(await mode(dir)).toBe(0o700);
    } finally {
      process.umask(before);
    }
  });

  it('is closed when it is empty or ours', async () => {
    const dir = await testFolder();
    await chmod(dir, 0o755);
    await prepareDataDir(dir);
    expect(await mode(dir)).toBe(0o700);
    await writeFile(path.join(dir, 'natsctl.db'), '');
    await chmod(dir, 0o755);
    await prepareDataDir(dir);
    expect(await mode(dir)).toBe(0o700);
  });

  it('is refused, and left as it is, when it is open and holds other things', async () => {
    const dir = await testFolder();
    await writeFile(path.join(dir, 'letter.txt'), '');
    await chmod(dir, 0o755);
    await expect(prepareDataDir(dir)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' });
    expect(await mode(dir)).toBe(0o755);
  });

  it('is refused when it is a file, a link, or below a file', async () => {
    const dir = await testFolder();
    const file = path.join(dir, 'file');
    await writeFile(file, '');
    await mkdir(path.join(dir, 'real'));
    await symlink(path.join(dir, 'real'), path.join(dir, 'link'));
    // procfs says of every new name that it does not exist, which is where a recursive mkdir never ends.
    const nowhere = existsSync('/proc/self') ? ['/proc/natsctl/data'] : [];
    for (const bad of [file, path.join(file, 'data'), path.join(dir, 'link'), ...nowhere]) {
      await expect(prepareDataDir(bad)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' });
    }
  });

  it('is locked against a second service, and free once the first has ended', async () => {
    const dir = await testFolder();
    const first = await lockDataDir(dir);
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: 'ERR_DATA_DIR_LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.release();
    await (await lockDataDir(dir)).release();
  });

  it('holds a database that only its owner can read', async () => {
    const before = process.umask(0);
    try {
      const dir = await testFolder();
      const store = await openStore(dir);
      await store.db.meta.count();
      expect(await mode(path.join(dir, 'natsctl.db'))).toBe(0o600);
      expect(await mode(path.join(dir, 'natsctl.db-wal'))).toBe(0o600);
      await store.close();
    } finally {
      process.umask(before);
    }
  });
});
