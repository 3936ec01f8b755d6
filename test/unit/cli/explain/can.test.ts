import { expect, it } from 'vitest';
import { program } from '../program.js';
import { tempDir } from '../temp.js';

it('explain can, through the program', async () => {
  const home = tempDir();
  const natsctl = program(home);
  const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
  await natsctl('operator', 'create', 'acme');
  await natsctl('account', 'create', 'orders');
  const { creds, publicKey } = await json(
    'user',
    'create',
    'u',
    '-a',
    'orders',
    '--allow-pub',
    'a.>,$JS.x',
    '--deny-pub',
    'a.b',
  );
  expect(await json('explain', 'can', 'pub', 'a.c', '-u', 'u', '-a', 'orders')).toMatchObject({
    answer: 'yes',
    user: publicKey,
    depends: [],
  });
  expect((await json('explain', 'can', 'pub', '$JS.x', '--creds', creds)).answer).toBe('yes');
  const no = await natsctl('explain', 'can', 'pub', 'a.b', '-u', publicKey, '-a', 'orders');
  expect(no).toMatchObject({ code: 1, stderr: '' });
  expect(no.stdout).toMatch(/FAILED +publish\.permission .*"a\.b" is denied \(user u\/nats\/pub\/deny\/0\)/);
  expect(no.stdout).toMatch(/\nno\n$/);
  await natsctl('user', 'revoke', 'u', '-a', 'orders');
  const revoked = await json('explain', 'can', 'sub', 'x', '-u', 'u', '-a', 'orders');
  expect(revoked).toMatchObject({ answer: 'no' });
  expect(revoked.steps.at(-1).outcome).not.toBe('fail');
  expect((await natsctl('explain', 'can', 'fly', 'x')).code).toBe(2);
  expect((await natsctl('explain', 'can', 'pub')).code).toBe(2);
});
