import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../program.js';
import { tempDir } from '../temp.js';

it('env, context select, context nats and graph, through the program', async () => {
  const home = tempDir();
  const natsctl = program(home, {
    NATSCTL_PRIVATE_KEY: 'SOSECRET',
    NATSCTL_SERVER: 'nats://me:secret@a:4222,tls://token@b:4222',
  });
  const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
  const plain = program(home);
  await plain('operator', 'create', 'acme', '--service-url', 'nats://127.0.0.1:4222');
  await plain('operator', 'create', 'other');
  await plain('account', 'create', 'orders', '-o', 'acme');
  const { creds } = JSON.parse((await plain('user', 'create', 'u', '-o', 'acme', '-a', 'orders', '--json')).stdout);

  expect(await json('context', 'select', 'operator', 'other')).toMatchObject({ operator: 'other', account: 'SYS' });
  expect(await json('env')).toMatchObject({ operator: 'other', account: 'SYS', chosenBy: 'nsc.json' });
  expect(await json('select', 'account', 'orders', '-o', 'acme')).toMatchObject({
    operator: 'acme',
    account: 'orders',
  });
  const env = await json('env');
  expect(env).toMatchObject({ operator: 'acme', account: 'orders', operators: ['acme', 'other'] });
  expect(env.variables).toEqual([
    { name: 'NATSCTL_PRIVATE_KEY', value: null },
    { name: 'NATSCTL_SERVER', value: 'nats://a:4222,tls://b:4222' },
  ]);
  const file = path.join(home, '.config', 'nats', 'nsc', 'nsc.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ operator: 'acme', account: 'orders' });
  expect(await natsctl('select', 'account', 'nope')).toMatchObject({ code: 1 });
  expect(await program(home, { NSC_CWD_ONLY: '1' })('select', 'operator', 'acme', '--json')).toMatchObject({ code: 1 });

  const made = await json('context', 'nats', 'mine', '--user', 'u', '--account', 'orders');
  expect(made.file).toBe(path.join(home, '.config', 'nats', 'context', 'mine.json'));
  expect(JSON.parse(readFileSync(made.file, 'utf8'))).toEqual({ url: 'nats://127.0.0.1:4222', creds });
  expect(statSync(made.file).mode & 0o777).toBe(0o600);
  expect((await natsctl('context', 'nats', 'mine')).code).toBe(1);
  await natsctl('generate', 'context', '--context', 'mine', '--nsc', '--force', '-a', 'orders');
  expect(JSON.parse(readFileSync(made.file, 'utf8')).nsc).toBe('nsc://acme/orders/u');
  expect((await natsctl('context', 'nats', '../x')).code).toBe(1);

  // Who can plant a link in the keystore must not choose where a seed goes.
  rmSync(path.dirname(creds), { recursive: true });
  mkdirSync(path.join(home, 'elsewhere'));
  symlinkSync(path.join(home, 'elsewhere'), path.dirname(creds));
  expect((await natsctl('context', 'nats', 'linked', '--user', 'u', '-a', 'orders')).code).toBe(1);
  expect(readdirSync(path.join(home, 'elsewhere'))).toEqual([]);

  expect((await plain('graph')).stdout).toMatch(/^flowchart LR\n/);
  const svg = await json('graph', '--format', 'svg', '--output', 'g.svg');
  expect(readFileSync(svg.file, 'utf8')).toContain('>orders</text>');
  expect(svg.accounts).toHaveLength(2);
});
