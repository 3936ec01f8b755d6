import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { BrokerOptions, RunningBroker } from '../../broker/options.js';
import type { World } from '../unit/broker/world.js';

/** NATSCTL_PEERS names a folder of peers; otherwise PATH is searched. Older servers speak an older protocol. */
export function findServer(): string | null {
  const folders = [process.env.NATSCTL_PEERS ?? '', ...(process.env.PATH ?? '').split(delimiter)].filter(Boolean);
  for (const folder of folders) {
    const path = join(folder, 'nats-server');
    if (!existsSync(path)) continue;
    const version = /v(\d+)\.(\d+)/.exec(execFileSync(path, ['-v'], { encoding: 'utf8' }));
    if (version !== null && Number(version[1]) === 2 && Number(version[2]) >= 11) return path;
  }
  return null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A nats-server with the accounts of `world` in a memory resolver, in the shape of our own broker. */
export async function startNatsServer(
  path: string,
  world: World,
  options: Partial<BrokerOptions> = {},
): Promise<RunningBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'natsctl-peer-'));
  const port = await freePort();
  const preload = world.tokens().map((token) => {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string };
    return `${sub}: ${token}`;
  });
  const seconds = (ms: number): string => `${ms}ms`;
  const config = join(folder, 'server.conf');
  await writeFile(
    config,
    [
      `listen: 127.0.0.1:${port}`,
      `operator: ${world.operatorToken}`,
      `system_account: ${world.system.id}`,
      'resolver: MEMORY',
      `resolver_preload: {\n${preload.join('\n')}\n}`,
      ...(options.authTimeoutMs ? [`authorization { timeout: ${options.authTimeoutMs / 1000} }`] : []),
      ...(options.pingIntervalMs ? [`ping_interval: "${seconds(options.pingIntervalMs)}"`] : []),
      ...(options.maxPingsOut ? [`ping_max: ${options.maxPingsOut}`] : []),
    ].join('\n'),
  );
  const server = spawn(path, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const serverId = await new Promise<string>((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server is ready')) resolve(/ID: +(N\w+)/.exec(log)?.[1] ?? '');
    });
    server.on('exit', () => reject(new Error(`nats-server did not start: ${log}`)));
  });
  return {
    url: `nats://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    serverId,
    connections: () => -1,
    async close() {
      server.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
