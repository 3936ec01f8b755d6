import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signClaims } from '../../../claims/jwt/encode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { databaseOf, startTestService } from './database.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, runService, send } from './service.js';

const newKey = () => Seed.generate('account').publicKey;

describe('starting', () => {
  it('says when its port is taken, and leaves the data folder free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const dataDir = await testFolder();
    const { port } = taken.address() as AddressInfo;
    await expect(startTestService({ dataDir, port })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      hint: expect.stringContaining('--service-port'),
    });
    await (await startTestService({ dataDir, port: -1 })).close();
  });

  it('gives its first token once, and finds everything again', async () => {
    const dataDir = await testFolder();
    const operator = await makeOperator();
    const first = await startTestService({ dataDir, port: -1 });
    expect(first.firstRunToken).toBe(first.adminToken);
    await first.adoptOperator({
      operatorToken: operator.token,
      signingSeed: operator.signing,
      accounts: [operator.systemToken],
    });
    const id = newKey();
    const post = { method: 'POST', body: await operator.account(id), headers: { 'content-type': 'application/jwt' } };
    expect((await send(`${first.url}/jwt/v1/accounts/${id}`, post)).status).toBe(201);
    await first.close();
    const second = await startTestService({ dataDir, port: -1 });
    onTestFinished(() => second.close());
    expect(second.firstRunToken).toBeUndefined();
    expect(second.adminToken).toBe(first.adminToken);
    expect((await send(`${second.url}/jwt/v1/accounts/${id}`, {})).text).toBe(post.body);
    const user = Seed.generate('user').publicKey;
    const revoked = await send(`${second.url}/api/v1/accounts/${id}/revocations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${second.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user }),
    });
    expect(revoked.status).toBe(201);
  });

  it('stops while clients keep their connections open', async () => {
    const service = await startTestService({ dataDir: await testFolder(), port: -1 });
    await send(`${service.url}/healthz`, {});
    await service.close();
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });
});

describe('adopting an operator', () => {
  it('again changes nothing; a newer JWT takes its place, an older one does not', async () => {
    const service = await runService();
    const { operator } = service;
    const audited = async () => (await service.api('GET', '/audit?limit=1000')).json.items.length;
    const before = await audited();
    await service.adoptOperator({
      operatorToken: operator.token,
      signingSeed: operator.signing,
      accounts: [operator.systemToken],
    });
    expect(await audited()).toBe(before);
    const sign = (now: number) =>
      signClaims({ ...operator.claims, name: `at ${now}` }, seedSigner(operator.identity), { now });
    const [older, newer] = [await sign(NOW - 200), await sign(NOW)];
    await service.adoptOperator({ operatorToken: older.token });
    expect((await service.get('/jwt/v1/operator')).text).toBe(operator.token);
    await service.adoptOperator({ operatorToken: newer.token });
    expect((await service.get('/jwt/v1/operator')).text).toBe(newer.token);
  });

  it('whose signing key was rotated replaces what the old key signed, and brings nobody back', async () => {
    const service = await runService();
    const { operator } = service;
    const [fresh, revoking] = [Seed.generate('operator'), Seed.generate('account').publicKey];
    const revoked = await operator.account(revoking, (claims) => {
      claims.nats.revocations.set(Seed.generate('user').publicKey, NOW - 60);
    });
    expect((await service.push(revoking, revoked)).status).toBe(201);
    const nats = { ...operator.claims.nats, signing_keys: [fresh.publicKey] };
    const { token } = await signClaims({ ...operator.claims, nats }, seedSigner(operator.identity), { now: NOW });
    const system = await operator.account(
      operator.system.publicKey,
      (claims) => {
        claims.name = 'SYS';
      },
      { by: seedSigner(fresh) },
    );
    const without = await operator.account(revoking, () => {}, { by: seedSigner(fresh), iat: NOW });
    await service.adoptOperator({ operatorToken: token, signingSeed: fresh, accounts: [system, without] });
    const held = async (key: string) => (await service.get(`/jwt/v1/accounts/${key}`)).text;
    expect(await held(operator.system.publicKey)).toBe(system);
    expect(await held(revoking)).toBe(revoked);
  });

  it('of another key, or under a key it never had, is refused', async () => {
    const service = await runService();
    const other = await makeOperator();
    await expect(service.adoptOperator({ operatorToken: other.token })).rejects.toMatchObject({
      code: 'ERR_OPERATOR_FOREIGN',
    });
    const thief = Seed.generate('operator');
    const claims = {
      ...service.operator.claims,
      nats: { ...service.operator.claims.nats, signing_keys: [thief.publicKey] },
    };
    const { token } = await signClaims(claims, seedSigner(thief), { now: NOW });
    await expect(service.adoptOperator({ operatorToken: token })).rejects.toMatchObject({
      code: 'ERR_OPERATOR_FOREIGN',
    });
    await expect(
      service.adoptOperator({ operatorToken: service.operator.token, signingSeed: other.signing }),
    ).rejects.toMatchObject({ code: 'ERR_OPERATOR_KEY_FOREIGN' });
    expect((await service.get('/jwt/v1/operator')).text).toBe(service.operator.token);
  });
});

describe('a service in a process of its own', () => {
  /** The built service, as it is installed: `npm test` builds before it tests. */
  const PROGRAM = `
    import { startService } from ${JSON.stringify(path.resolve('dist/service/start.js'))};
    const [dataDir, databaseUrl, operatorToken] = process.argv.slice(1);
    try {
      const service = await startService({ dataDir, port: -1, ...(databaseUrl && { databaseUrl }) });
      if (operatorToken) await service.adoptOperator({ operatorToken });
      console.log(JSON.stringify({ url: service.url }));
    } catch (error) {
      console.log(JSON.stringify({ code: error.code ?? String(error) }));
      process.exit(1);
    }`;
  async function child(
    dataDir: string,
    ...args: string[]
  ): Promise<{ process: ChildProcess; said: { url: string; code?: string } }> {
    const databaseUrl = (await databaseOf(dataDir)) ?? '';
    const started = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, dataDir, databaseUrl, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void started.kill('SIGKILL'));
    const [line] = await once(createInterface(started.stdout), 'line');
    return { process: started, said: JSON.parse(line as string) };
  }

  it('keeps a second process out of its data folder, and lets one in after it was killed', async () => {
    const dataDir = await testFolder();
    const first = await child(dataDir);
    expect((await child(dataDir)).said.code).toBe('ERR_DATA_DIR_LOCKED');
    await expect(startTestService({ dataDir, port: -1 })).rejects.toMatchObject({ code: 'ERR_DATA_DIR_LOCKED' });
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    await (await startTestService({ dataDir, port: -1 })).close();
  });

  it('killed at any moment has kept everything it said it stored', async () => {
    const dataDir = await testFolder();
    const operator = await makeOperator();
    const stored = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      const { process: service, said } = await child(dataDir, operator.token);
      const gone = once(service, 'exit');
      const accounts = await Promise.all(
        Array.from({ length: 40 }, async () => {
          const id = newKey();
          return { id, token: await operator.account(id) };
        }),
      );
      let acknowledged = 0;
      await Promise.allSettled(
        accounts.map(async ({ id, token }) => {
          const { status } = await send(`${said.url}/jwt/v1/accounts/${id}`, {
            method: 'POST',
            headers: { 'content-type': 'application/jwt' },
            body: token,
          });
          expect(status).toBe(201);
          stored.set(id, token);
          acknowledged++;
          if (acknowledged === 8 + round) service.kill('SIGKILL');
        }),
      );
      await gone;
      expect(acknowledged).toBeGreaterThanOrEqual(8);
    }
    const again = await startTestService({ dataDir, port: -1 });
    onTestFinished(() => again.close());
    for (const [id, token] of stored) expect((await send(`${again.url}/jwt/v1/accounts/${id}`, {})).text).toBe(token);
  });
});
