import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES, type Cast, makeCast, play } from '../unit/broker/protocol-cases.js';

/** NATSCTL_PEERS names a folder of peers; otherwise PATH is searched. Older servers speak an older protocol. */
function findServer(): string | null {
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

const SERVER = findServer();

/** The table that holds for our broker (test/unit/broker/protocol.test.ts) holds for nats-server too. */
describe.skipIf(SERVER === null)('protocol parity with nats-server', () => {
  let cast: Cast;
  let folder: string;
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    cast = await makeCast();
    folder = await mkdtemp(join(tmpdir(), 'natsctl-parity-'));
    port = await freePort();
    const preload = cast.world.tokens().map((token) => {
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string };
      return `${sub}: ${token}`;
    });
    const config = join(folder, 'server.conf');
    await writeFile(
      config,
      [
        `listen: 127.0.0.1:${port}`,
        `operator: ${cast.world.operatorToken}`,
        `system_account: ${cast.world.system.id}`,
        'resolver: MEMORY',
        `resolver_preload: {\n${preload.join('\n')}\n}`,
      ].join('\n'),
    );
    server = spawn(SERVER as string, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      server.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('Server is ready')) resolve();
      });
      server.on('exit', () => reject(new Error(`nats-server did not start: ${log}`)));
    });
  });

  afterAll(async () => {
    server?.kill();
    if (folder) await rm(folder, { recursive: true });
  });

  it.each(CASES.filter((each) => each.ours === undefined))('$title', async (each) => {
    expect(await play(port, cast, each)).toEqual({ said: each.expect, closed: each.closes === true });
  });
});
