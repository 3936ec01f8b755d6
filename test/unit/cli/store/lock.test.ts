import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withStoreLock } from '../../../../cli/store/lock.js';
import { tempDir } from '../temp.js';

const lockOf = (root: string) => path.join(root, '.natsctl.lock');

describe('the lock of a store', () => {
  it('lets one in at a time, in one process too, and leaves no file', async () => {
    const root = tempDir();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withStoreLock(root, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is released when the work throws', async () => {
    const root = tempDir();
    await expect(withStoreLock(root, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lockOf(root))).toBe(false);
  });

  it('waits for a living holder and then says who it is', async () => {
    const root = tempDir();
    await withStoreLock(root, async () => {
      await expect(withStoreLock(root, async () => 'in', { waitMs: 60 })).rejects.toMatchObject({
        code: 'ERR_STORE_LOCKED',
        details: { pid: process.pid, host: hostname() },
      });
    });
  });

  it('takes over from a process that is gone, and from another process that got its id', async () => {
    const root = tempDir();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const left = { pid: child.pid, host: hostname(), started: '1', token: 'x' };
    writeFileSync(lockOf(root), JSON.stringify(left));
    expect(await withStoreLock(root, async () => 'in', { waitMs: 500 })).toBe('in');
    if (process.platform !== 'linux') return;
    writeFileSync(lockOf(root), JSON.stringify({ ...left, pid: process.pid, started: '1' }));
    expect(await withStoreLock(root, async () => 'in', { waitMs: 500 })).toBe('in');
  });

  it('never takes over from another machine, whose processes it cannot see', async () => {
    const root = tempDir();
    const left = JSON.stringify({ pid: 1, host: 'another.example', started: '1', token: 'x' });
    writeFileSync(lockOf(root), left);
    await expect(withStoreLock(root, async () => 'in', { waitMs: 60 })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      hint: expect.stringContaining(lockOf(root)),
    });
    expect(readFileSync(lockOf(root), 'utf8')).toBe(left);
  });

  it('takes over an empty lock file only when it is old', async () => {
    const root = tempDir();
    writeFileSync(lockOf(root), '');
    await expect(withStoreLock(root, async () => 'in', { waitMs: 60 })).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
    });
    utimesSync(lockOf(root), 1, 1);
    expect(await withStoreLock(root, async () => 'in', { waitMs: 500 })).toBe('in');
  });

  it('has one winner when many find the same dead holder', async () => {
    const root = tempDir();
    for (let round = 0; round < 10; round++) {
      writeFileSync(lockOf(root), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1', token: 'x' }));
      let inside = 0;
      await Promise.all(
        Array.from({ length: 8 }, () =>
          withStoreLock(root, async () => {
            expect(++inside).toBe(1);
            await new Promise((resolve) => setImmediate(resolve));
            inside--;
          }),
        ),
      );
    }
    expect(readdirSync(root)).toEqual([]);
  });
});
