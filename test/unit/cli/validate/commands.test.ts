import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../program.js';
import { tempDir } from '../temp.js';

it('describe, validate and expirations, through the program', async () => {
  const home = tempDir();
  const natsctl = program(home);
  const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
  await natsctl('operator', 'create', 'acme');
  await natsctl('account', 'create', 'orders');
  const { creds, publicKey } = await json('user', 'create', 'u', '-a', 'orders', '--expiry', '2d');

  expect(await json('describe', creds)).toMatchObject({ kind: 'user', subject: publicKey, creds: true });
  const { token } = await json('describe', 'jwt', creds);
  expect((await natsctl('describe', token, '--raw')).stdout).toBe(`${token}\n`);
  expect((await natsctl('describe', creds, '-F', 'sub')).stdout).toBe(`${publicKey}\n`);
  expect(await program(home, {}, token)('describe', '-', '--field', 'name')).toMatchObject({ code: 0, stdout: 'u\n' });
  expect(await natsctl('describe', creds, '--field', 'nope')).toMatchObject({ code: 1, stdout: '' });
  expect((await natsctl('describe')).code).toBe(2);
  expect((await json('describe', token, '--output', 'u.jwt')).file).toBe(path.join(home, 'u.jwt'));
  expect(readFileSync(path.join(home, 'u.jwt'), 'utf8')).toContain('-----BEGIN NATS USER JWT-----');
  expect((await natsctl('describe', 'u.jwt')).stdout).toContain('signature  good');

  expect(await json('validate')).toMatchObject({ ok: true, checked: { accounts: 2, users: 2 } });
  expect(await json('validate', '--all', '--level', 'error')).toMatchObject({ ok: true, findings: [] });
  expect(await json('validate', '--file', 'u.jwt')).toMatchObject({ ok: true, checked: { users: 1 } });
  expect((await json('validate', '--drift', '--service', 'http://127.0.0.1:1')).error.code).toBe(
    'ERR_SERVICE_UNREACHABLE',
  );
  await natsctl('user', 'create', 'late', '-a', 'orders', '--expiry', '-1d');
  const failed = await natsctl('validate', '-a', 'orders');
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/time +user orders\/late/);

  const { expirations } = await json('expirations');
  expect(expirations.map((each: { kind: string; state: string }) => `${each.kind} ${each.state}`)).toEqual([
    'user expired',
    'creds expired',
    'user soon',
    'creds soon',
  ]);
  expect((await json('expirations', '--within', '1d', '--soon')).expirations).toHaveLength(2);
});
