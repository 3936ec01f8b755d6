import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRevoked } from '../../claims/account/revocation.js';
import { createAccount } from '../../cli/account/create.js';
import { writeJsonLine } from '../../cli/output/json.js';
import { readAccount } from '../../cli/store/store.js';
import { readUser } from '../../cli/store/users.js';
import { createUser } from '../../cli/user/create.js';
import { revokeUser } from '../../cli/user/revoke.js';
import { type Home, makeHome, run } from '../e2e/harness.js';
import { noPermissions, tempWorkspace } from '../unit/cli/temp-workspace.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const HOSTILE = '\u001b]0;owned\u0007\u009b31m\u202e\u061c';

describe('what a service says', () => {
  let home: Home;
  let url: string;
  let status = 500;
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url?.endsWith('/accounts/')) return void response.end('');
    if (request.method === 'GET' && status < 500) return void response.writeHead(404).end();
    const problem = { detail: `no${HOSTILE}`, title: HOSTILE, code: `ERR_${HOSTILE}`, hint: `try${HOSTILE}` };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  beforeAll(async () => {
    home = makeHome();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await run(home, ['operator', 'create', 'acme'])).code).toBe(0);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    home?.remove();
  });

  it.each([500, 412])('with status %i moves no cursor, neither in text nor in JSON', async (answer) => {
    status = answer;
    for (const command of ['push', 'pull']) {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = await run(home, [command, '--service', url, ...json]);
        expect(stdout + stderr, `${command} ${json}`).not.toMatch(OBEYED);
      }
    }
  });
});

it('JSON says everything and moves no cursor', () => {
  let written = '';
  const write = process.stdout.write;
  process.stdout.write = ((text: string) => (written += text)) as never;
  try {
    writeJsonLine({ [HOSTILE]: HOSTILE });
  } finally {
    process.stdout.write = write;
  }
  expect(written).not.toMatch(OBEYED);
  expect(JSON.parse(written)).toEqual({ [HOSTILE]: HOSTILE });
});

describe('a user made after a revocation', () => {
  it('of everyone, in the same second, is not void from the start', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    for (const name of ['first', 'second', 'third']) {
      await revokeUser(workspace, { user: '*', account: 'orders', unlisted: false });
      await createUser(workspace, { name, account: 'orders', ...noPermissions });
      const { nats } = (await readAccount(workspace.store, 'orders')).jwt.claims;
      const { sub, iat } = (await readUser(workspace.store, 'orders', name)).jwt.claims;
      expect(isRevoked(nats.revocations, sub, iat), name).toBe(false);
    }
  });

  it('of its key is refused', async () => {
    const workspace = await tempWorkspace();
    await createAccount(workspace, { name: 'orders' });
    const { publicKey } = await createUser(workspace, { name: 'mallory', account: 'orders', ...noPermissions });
    await revokeUser(workspace, { user: 'mallory', account: 'orders', unlisted: false });
    await expect(
      createUser(workspace, { name: 'again', account: 'orders', publicKey, ...noPermissions }),
    ).rejects.toMatchObject({ code: 'ERR_USER_REVOKED' });
  });
});
