import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerOptions, RunningBroker } from '../../broker/options.js';
import { startNatsServer } from '../nats-server.js';
import type { World } from '../unit/broker/world.js';

/** A nats-server with the accounts of `world` in a memory resolver, in the shape of our own broker. */
export async function startPeer(
  path: string,
  world: World,
  options: Partial<BrokerOptions> = {},
): Promise<RunningBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'natsctl-peer-'));
  const preload = world.tokens().map((token) => {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string };
    return `${sub}: ${token}`;
  });
  const seconds = (ms: number): string => `${ms}ms`;
  const config = join(folder, 'server.conf');
  await writeFile(
    config,
    [
      `operator: ${world.operatorToken}`,
      `system_account: ${world.system.id}`,
      'resolver: MEMORY',
      `resolver_preload: {\n${preload.join('\n')}\n}`,
      ...(options.authTimeoutMs ? [`authorization { timeout: ${options.authTimeoutMs / 1000} }`] : []),
      ...(options.pingIntervalMs ? [`ping_interval: "${seconds(options.pingIntervalMs)}"`] : []),
      ...(options.maxPingsOut ? [`ping_max: ${options.maxPingsOut}`] : []),
    ].join('\n'),
  );
  const server = await startNatsServer(path, config);
  return {
    url: server.url,
    host: '127.0.0.1',
    port: server.port,
    serverId: server.id,
    connections: () => -1,
    lameDuck: async () => void server.process.kill('SIGUSR2'),
    reload: async () => void server.process.kill('SIGHUP'),
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
