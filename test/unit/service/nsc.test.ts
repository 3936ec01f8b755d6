import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { peer } from '../../peers.js';
import { testFolder } from './folder.js';
import { runService, type TestOperator } from './service.js';

const program = peer('nsc');

/** Runs nsc on a store and keystore of its own. */
async function nscHome() {
  const home = await testFolder();
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
    NKEYS_PATH: path.join(home, 'keys'),
    NSC_HOME: path.join(home, 'nsc'),
    NSC_NO_GITHUB_UPDATES: 'true',
  };
  const nsc = (...args: string[]) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = execFile(program as string, args, { env, cwd: home }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, output: stdout + stderr }),
      );
    });
  const files = async (folder: string, suffix: string) => {
    const names = await readdir(path.join(home, folder), { recursive: true });
    return Promise.all(
      names.filter((name) => name.endsWith(suffix)).map((name) => readFile(path.join(home, folder, name), 'utf8')),
    );
  };
  return { nsc, files };
}

it.skipIf(!program)('nsc pushes, is refused what would undo a revocation, pulls, and pushes again', async () => {
  const { nsc, files } = await nscHome();
  const made = await nsc('add', 'operator', '--name', 'op', '--generate-signing-key', '--sys');
  expect(made.code, made.output).toBe(0);
  const seeds = (await files('keys', '.nk')).map((text) => Seed.parse(text.trim()));
  const jwts = await files('data', '.jwt');
  const operatorToken = jwts.find((token) => token.includes('.') && kindOf(token) === 'operator')?.trim() as string;
  const operator = decodeAs('operator', operatorToken).claims;
  const signing = seeds.find(({ publicKey }) => operator.nats.signing_keys.includes(publicKey)) as Seed;
  const systemToken = jwts.find((token) => kindOf(token) === 'account')?.trim() as string;
  const service = await runService({ operator: { token: operatorToken, signing, systemToken } as TestOperator });

  expect((await nsc('edit', 'operator', '--account-jwt-server-url', `${service.url}/jwt/v1`)).code).toBe(0);
  expect((await nsc('add', 'account', '--name', 'A')).code).toBe(0);
  const pushed = await nsc('push', '--all');
  expect(pushed.code, pushed.output).toBe(0);
  const id = (await nsc('list', 'keys', '--account', 'A', '--accounts')).output.match(/A[A-Z2-7]{55}/)?.[0] as string;
  expect(decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims.name).toBe('A');

  const user = Seed.generate('user').publicKey;
  expect((await service.api('POST', `/accounts/${id}/revocations`, { user })).status).toBe(201);
  expect((await nsc('edit', 'account', '--name', 'A', '--description', 'changed')).code).toBe(0);
  const refused = await nsc('push', '--account', 'A');
  expect(refused.code, refused.output).not.toBe(0);
  expect(refused.output).toMatch(/pull/);

  const pulled = await nsc('pull', '--account', 'A', '--overwrite-newer');
  expect(pulled.code, pulled.output).toBe(0);
  // Issue times are whole seconds and the service's must grow: nsc's own can still be the smaller one in this same second.
  const editAndPush = async () => {
    await nsc('edit', 'account', '--name', 'A', '--description', 'changed again');
    return nsc('push', '--account', 'A');
  };
  await expect.poll(editAndPush, { timeout: 10_000 }).toMatchObject({ code: 0 });
  const { claims } = decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text);
  expect(claims.nats.description).toBe('changed again');
  expect([...claims.nats.revocations.keys()]).toEqual([user]);
});

function kindOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}').nats?.type;
}
