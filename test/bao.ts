import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Bao {
  url: string;
  /** The root token. */
  token: string;
  /** A request to its API: the `data` or `auth` of what it answers. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ data: Record<string, unknown>; auth: { client_token: string } }>;
}

/** A real OpenBao in its dev mode: in memory, unsealed, on a free port of loopback, with a Transit engine unless it is spoken to by TLS (with
 * certificates of its own, in the folder), which `fetch` here does not trust. */
export async function startBao(program: string, tlsFolder?: string): Promise<Bao> {
  const [port, token] = [await freePort(), `root-${randomBytes(12).toString('hex')}`];
  const tls = tlsFolder === undefined ? [] : ['-dev-tls', `-dev-tls-cert-dir=${tlsFolder}`];
  const listen = `-dev-listen-address=127.0.0.1:${port}`;
  const server = spawn(program, ['server', '-dev', '-dev-no-store-token', listen, ...tls], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, BAO_DEV_ROOT_TOKEN_ID: token },
  });
  onTestFinished(async () => {
    if (server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  });
  await new Promise<void>((resolve, reject) => {
    let log = '';
    const look = (chunk: Buffer) => {
      log += chunk;
      if (/Development mode should NOT/.test(log)) resolve();
    };
    server.stdout.on('data', look);
    server.stderr.on('data', look);
    server.once('exit', () => reject(new Error(`bao ended:\n${log}`)));
  });
  const url = `${tlsFolder === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const call: Bao['call'] = async (method, path, body) => {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  };
  if (tlsFolder === undefined) await call('POST', 'sys/mounts/transit', { type: 'transit' });
  return { url, token, call };
}

/** It takes no port 0: one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
