import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, inject, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../../broker/start.js';
import { parseCreds } from '../../../../claims/creds.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { createAccount } from '../../../../cli/account/create.js';
import { listAccounts, readOperator, withoutDamaged } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { makeCreds } from '../../../../cli/user/creds.js';
import { revokeUser } from '../../../../cli/user/revoke.js';
import { program } from '../program.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

it('request, reply and rtt, through the program', async () => {
  const home = tempDir();
  const workspace = await tempWorkspace({ settings: tempSettings(home), now: Math.floor(Date.now() / 1000) });
  await createAccount(workspace, { name: 'orders' });
  await createUser(workspace, { name: 'u', account: 'orders', ...noPermissions });
  const accounts = withoutDamaged(await listAccounts(workspace.store)).map(({ jwt }) => jwt.token);
  const operators = [(await readOperator(workspace.store)).token];
  const broker = await startBroker({ port: -1, operators, resolver: { memory: accounts } });
  onTestFinished(() => broker.close());
  const env = { NATSCTL_SERVER: broker.url, NATSCTL_USER: 'u', NATSCTL_ACCOUNT: 'orders' };
  const natsctl = program(home, env);
  const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);

  expect((await json('request', 'echo', 'x')).error.code).toBe('ERR_NO_RESPONDERS');
  const responder = spawn(inject('natsctl'), ['reply', 'echo', '--count', '2', '--json'], {
    env: { PATH: process.env.PATH, HOME: home, ...env },
    cwd: home,
  });
  onTestFinished(() => void responder.kill());
  let printed = '';
  responder.stdout.on('data', (chunk: Buffer) => {
    printed += chunk;
  });
  await once(responder.stderr, 'data');
  expect(await json('request', 'echo', 'hé', '-H', 'A: 1')).toMatchObject({ replies: [{ data: 'hé' }] });
  const ended = once(responder, 'close');
  expect(await natsctl('req', 'echo', 'two')).toMatchObject({ code: 0, stdout: 'two\n' });
  await ended;
  expect(
    printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ answered: true, data: 'hé' }, {}]);
  expect(await json('rtt', '--count', '2')).toMatchObject({
    meanMs: expect.any(Number),
    timesMs: [{}, {}].map(() => expect.any(Number)),
  });
  expect((await json('request', 'a b')).error.code).toBe('ERR_SUBJECT_INVALID');
  expect((await natsctl('request')).code).toBe(2);

  const creds = await natsctl('user', 'creds', 'u', '--expires', '1h');
  const { exp = 0 } = decodeAs('user', parseCreds(creds.stdout).token).claims;
  expect(Math.abs(exp - Date.now() / 1000 - 3600)).toBeLessThan(60);
});

it('short-lived creds are of a fresh JWT, which is stored nowhere', async () => {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  const made = await createUser(workspace, { name: 'u', account: 'orders', ...noPermissions, expiry: NOW + 7200 });
  const wanted = { user: 'u', account: 'orders' };
  const stored = (await readUser(workspace.store, 'orders', 'u')).jwt;
  const { text, expires } = await makeCreds(workspace, { ...wanted, expires: NOW + 60 });
  const { token, seed } = parseCreds(text);
  const { claims } = decodeAs('user', token);
  expect(expires).toBe(NOW + 60);
  expect(claims).toMatchObject({
    exp: NOW + 60,
    sub: made.publicKey,
    iss: stored.claims.iss,
    nats: stored.claims.nats,
  });
  expect(seed.publicKey).toBe(made.publicKey);
  expect((await readUser(workspace.store, 'orders', 'u')).jwt.token).toBe(stored.token);
  const refused = (expiry: number) => expect(makeCreds(workspace, { ...wanted, expires: expiry })).rejects;
  await refused(NOW - 1).toMatchObject({ code: 'ERR_TIME_INVALID' });
  await refused(NOW + 9000).toMatchObject({ code: 'ERR_TIME_INVALID' });
  await revokeUser(workspace, { ...wanted, unlisted: false });
  await refused(NOW + 60).toMatchObject({ code: 'ERR_USER_REVOKED' });
});

it('short-lived creds end with a revocation of the same second, and are not made of a JWT that is void', async () => {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  await createUser(workspace, { name: 'u', account: 'orders', ...noPermissions });
  const wanted = { user: 'u', account: 'orders' };
  const { text } = await makeCreds(workspace, { ...wanted, expires: NOW + 60 });
  const { claims } = decodeAs('user', parseCreds(text).token);
  const { revokedAt } = await revokeUser(workspace, { ...wanted, user: '*', unlisted: false });
  expect(claims.iat).toBeLessThanOrEqual(revokedAt);
  const refused = makeCreds(workspace, { ...wanted, expires: NOW + 60 });
  await expect(refused).rejects.toMatchObject({ code: 'ERR_USER_REVOKED' });
});
