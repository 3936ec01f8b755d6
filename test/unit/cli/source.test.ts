import { execFileSync } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readInput, readSource } from '../../../cli/source.js';
import { tempDir } from './temp.js';

it('reads a file and a pipe, no more than is allowed', async () => {
  const dir = tempDir();
  const file = path.join(dir, 'file');
  writeFileSync(file, 'x'.repeat(1000));
  expect((await readInput(file, { maxBytes: 1000 })).length).toBe(1000);
  await expect(readInput(file, { maxBytes: 999 })).rejects.toMatchObject({ code: 'ERR_DATA_TOO_LARGE' });
  const pipe = path.join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  createWriteStream(pipe).end('through the pipe');
  expect((await readInput(pipe, { maxBytes: 1000 })).toString()).toBe('through the pipe');
});

it('says what it cannot read', async () => {
  const dir = tempDir();
  await expect(readInput(path.join(dir, 'no'), { maxBytes: 1 })).rejects.toMatchObject({ code: 'ERR_SOURCE' });
  await expect(readInput(dir, { maxBytes: 1 })).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
  await expect(readSource('http://[', { maxBytes: 1 })).rejects.toMatchObject({ code: 'ERR_URL_INVALID' });
});
