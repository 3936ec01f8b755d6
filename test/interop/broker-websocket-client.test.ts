/** The official client for browsers, whose WebSocket Node has behind a flag in version 20. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../broker/start.js';
import { formatCreds } from '../../claims/creds.js';
import { makeWorld } from '../unit/broker/world.js';

const CLIENT = `
  import { readFileSync } from 'node:fs';
  import { credsAuthenticator, wsconnect, headers } from '@nats-io/nats-core';
  const [url, creds] = process.argv.slice(1);
  const nc = await wsconnect({ servers: url, authenticator: credsAuthenticator(readFileSync(creds)) });
  nc.subscribe('svc', { queue: 'q', callback: (_, m) => m.respond('re: ' + m.string(), { headers: m.headers }) });
  const h = headers();
  h.set('a', 'b');
  const answer = await nc.request('svc', 'x'.repeat(70000), { headers: h, timeout: 5000 });
  const nobody = await nc.request('nobody', '').catch((error) => error.cause?.name ?? error.name);
  const big = answer.string().length;
  await nc.drain();
  console.log(JSON.stringify({ big, header: answer.headers.get('a'), nobody, closed: nc.isClosed() }));
`;

it.each([false, true])('connects, publishes, asks, drains over a WebSocket (compressed: %s)', async (compression) => {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-ws-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const world = await makeWorld();
  const user = await (await world.account('A')).user('u');
  const creds = path.join(home, 'user.creds');
  writeFileSync(creds, formatCreds(user.token, user.seed), { mode: 0o600 });
  const broker = await startBroker({
    port: -1,
    operators: [world.operatorToken],
    resolver: { memory: world.tokens() },
    websocket: { port: -1, noTls: true, compression },
  });
  onTestFinished(() => broker.close());
  const args = [
    '--experimental-websocket',
    '--no-warnings',
    '--input-type=module',
    '-e',
    CLIENT,
    broker.webSocketUrl ?? '',
    creds,
  ];
  const said = await new Promise<string>((resolve) => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    execFile(process.execPath, args, { cwd, timeout: 30_000 }, (_error, stdout, stderr) => resolve(stdout || stderr));
  });
  expect(JSON.parse(said)).toEqual({ big: 70_004, header: 'b', nobody: 'NoResponders', closed: true });
});
