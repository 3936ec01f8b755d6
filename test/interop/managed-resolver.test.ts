/** nsc and natsctl under an operator that the service runs for them: they sign by the account's own key, the service by the operator's. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import { signClaims } from '../../claims/jwt/encode.js';
import { newAccount, newOperator } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { createAccount } from '../../cli/account/create.js';
import { handOver, tokensOf } from '../../cli/managed/hand-over.js';
import { importOperator } from '../../cli/operator/import.js';
import { readOperatorSource } from '../../cli/operator/source.js';
import { resolvePaths } from '../../cli/store/paths.js';
import { readAccount } from '../../cli/store/store.js';
import { pull } from '../../cli/sync/pull.js';
import { openWorkspace } from '../../cli/workspace.js';
import type { ResignPolicy } from '../../service/push/resign.js';
import { startService } from '../../service/start.js';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');
const now = () => Math.floor(Date.now() / 1_000);

async function managed(resignSelfSigned: ResignPolicy) {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-managed-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const options = {
    dataDir: path.join(home, 'service'),
    port: -1,
    resignSelfSigned,
    logger: pino({ level: 'silent' }),
  };
  const service = await startService(options);
  onTestFinished(() => service.close());
  const [identity, signing, system] = [
    Seed.generate('operator'),
    Seed.generate('operator'),
    Seed.generate('account').publicKey,
  ];
  const unsigned = newOperator(identity.publicKey, 'acme');
  unsigned.nats.signing_keys = [signing.publicKey];
  unsigned.nats.system_account = system;
  unsigned.nats.account_server_url = `${service.url}/jwt/v1`;
  const { token: operatorToken } = await signClaims(unsigned, seedSigner(identity), { now: now() - 10 });
  const { token } = await signClaims(newAccount(system, 'SYS'), seedSigner(signing), { now: now() - 10 });
  await service.adoptOperator({ operatorToken, signingSeed: signing, accounts: [token] });

  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
    NSC_NO_GIT_IGNORE: '1',
  };
  const nsc = (...args: string[]) =>
    new Promise<{ ok: boolean; text: string }>((resolve) => {
      execFile(nscProgram as string, args, { env, cwd: home, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ ok: error === null, text: `${stdout}${stderr}` }),
      );
    });
  const described = async (account: string) => {
    const { ok, text } = await nsc('describe', 'account', account, '--json');
    expect(ok, text).toBe(true);
    return JSON.parse(text);
  };
  const pending = `${service.url}/api/v1/operators/${identity.publicKey}/pending-accounts`;
  const headers = { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' };
  const waiting = async () =>
    ((await (await fetch(pending, { headers })).json()) as { items: { account: string }[] }).items;
  const decide = async (what: 'approve' | 'reject') => {
    const [{ account }] = (await waiting()) as [{ account: string }];
    const etag = (await fetch(`${pending}/${account}`, { headers })).headers.get('etag') as string;
    const init = { method: 'POST', headers: { ...headers, 'if-match': etag }, body: '{}' };
    expect((await fetch(`${pending}/${account}/${what}`, init)).status).toBe(200);
  };
  return { home, service, signing: signing.publicKey, nsc, described, waiting, decide };
}

it.skipIf(!nscProgram)('nsc pushes what it signed itself, and pulls it once an admin approved it', async () => {
  const { service, signing, nsc, described, waiting, decide } = await managed('approved');
  const added = await nsc('add', 'operator', '--url', `${service.url}/jwt/v1/operator`);
  expect(added, added.text).toMatchObject({ ok: true });
  // nsc pushes with each change, and pulls; 202 is a warning to it.
  const made = await nsc('add', 'account', 'orders');
  expect(made.text).toContain('an admin of the service approves it first');
  const { sub } = await described('orders');
  expect(await described('orders')).toMatchObject({ iss: sub });
  expect(await waiting()).toMatchObject([{ account: sub }]);
  const early = await nsc('pull', '-a', 'orders');
  expect(early.ok, early.text).toBe(false);
  expect((await nsc('push', '-a', 'orders')).text).toContain('an admin of the service approves it first');

  await decide('approve');
  expect((await nsc('pull', '-a', 'orders')).text).toContain('pulled "orders"');
  expect(await described('orders')).toMatchObject({ sub, iss: signing });

  // A change waits too: nsc keeps it as its own, and pulls what the operator made of it.
  const edited = await nsc('edit', 'account', 'orders', '--description', 'ours');
  expect(edited.text).toContain('an admin of the service approves it first');
  expect(await described('orders')).toMatchObject({ iss: sub, nats: { description: 'ours' } });
  await decide('approve');
  await nsc('pull', '-A');
  expect(await described('orders')).toMatchObject({ iss: signing, nats: { description: 'ours' } });
  // What was approved in the second it replaced is a second ahead, and what nsc signs before that would be older.
  const { iat } = await described('orders');
  await vi.waitUntil(() => now() >= iat, { timeout: 5_000 });
  const refused = await nsc('edit', 'account', 'orders', '--description', 'never');
  expect(refused.text).toContain('an admin of the service approves it first');
  await decide('reject');
  await nsc('pull', '-a', 'orders', '--overwrite-newer');
  expect((await described('orders')).nats.description).toBe('ours');
});

it.skipIf(!nscProgram)('nsc has its account signed by the operator at once where that is allowed', async () => {
  const { service, signing, nsc, described } = await managed('always');
  await nsc('add', 'operator', '--url', `${service.url}/jwt/v1/operator`);
  const made = await nsc('add', 'account', 'orders');
  expect(made, made.text).toMatchObject({ ok: true });
  expect(await described('orders')).toMatchObject({ iss: signing });
  const edited = await nsc('edit', 'account', 'orders', '--description', 'ours');
  expect(edited, edited.text).toMatchObject({ ok: true });
  expect(await described('orders')).toMatchObject({ iss: signing, nats: { description: 'ours' } });
});

it('natsctl hands an account over, and pulls it once an admin approved it', async () => {
  const { home, service, signing, waiting, decide } = await managed('approved');
  const env = { XDG_DATA_HOME: path.join(home, 'data'), XDG_CONFIG_HOME: path.join(home, 'config') };
  const settings = { env, home, cwd: home };
  const found = await readOperatorSource(`${service.url}/jwt/v1/operator`, {});
  await importOperator(resolvePaths(settings), { found, seeds: [], force: false }, now());
  const workspace = await openWorkspace(settings, { now: now() });
  const before = await tokensOf(workspace);
  const { publicKey } = await createAccount(workspace, { name: 'orders' });
  expect(await handOver(workspace, before)).toMatchObject([{ name: 'orders', result: 'pending' }]);
  expect(await waiting()).toMatchObject([{ account: publicKey }]);
  expect((await readAccount(workspace.store, 'orders')).jwt.claims.iss).toBe(publicKey);
  await decide('approve');
  const { accounts } = await pull(await openWorkspace(settings, { now: now() }), {});
  expect(accounts).toContainEqual(expect.objectContaining({ name: 'orders', result: 'updated' }));
  expect((await readAccount(workspace.store, 'orders')).jwt.claims.iss).toBe(signing);
});
