import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

describe('a revocation taken back by an admin', () => {
  let home: Home;
  let up: Started;
  let ports: { broker: string; service: string };
  let token: string;

  beforeAll(async () => {
    home = makeHome();
    const data = path.join(home.folder, 'd');
    const file = path.join(home.folder, 'ports.json');
    up = start(home, ['up', '--data-dir', data, '--broker-port', '-1', '--service-port', '-1', '--ports-file', file]);
    ports = await jsonFile(file, up);
    token = readFileSync(path.join(data, 'admin.token'), 'utf8').trim();
  });
  afterAll(async () => {
    await up?.stop();
    home?.remove();
  });

  it('lets the user in again, on a broker that had refused it', async () => {
    const user = (await run(home, ['user', 'describe', 'demo', '--account', 'demo', '--json'])).json();
    const account = (await run(home, ['account', 'describe', 'demo', '--json'])).json();
    const ask = (method: string, suffix: string, body?: object) =>
      fetch(`${ports.service}/api/v1/accounts/${account.publicKey}/revocations${suffix}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    const live = await client(ports.broker, user.creds);
    expect((await ask('POST', '', { user: user.publicKey })).status).toBe(201);
    expect(String(await live.closed())).toMatch(/revoked/i);
    await expect(client(ports.broker, user.creds)).rejects.toThrow(/authorization/i);

    const restored = await ask('DELETE', `/${user.publicKey}`);
    expect(restored.status, await restored.clone().text()).toBe(200);
    expect(((await restored.json()) as { announced: { ok: boolean }[] }).announced.every(({ ok }) => ok)).toBe(true);
    const back = await client(ports.broker, user.creds);
    await back.close();
  });
});
