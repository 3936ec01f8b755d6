import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';

/** What no message may hold. */
export const POSTGRES_PASSWORD = 'pa%ss:w@rd';

export interface PostgresServer {
  /** URL of one of its databases, password included. */
  url(database: string): string;
  /** Makes a database, a copy of another where one is named. Returns its URL. */
  createDatabase(name: string, template?: string): Promise<string>;
  /** Ends the server as a crash does (`immediate`) and starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real PostgreSQL on 127.0.0.1, its data in a folder of its own. It syncs nothing: the machine will not lose power. */
export async function startPostgres(program: string): Promise<PostgresServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'natsctl-postgres-'));
  const [data, secret] = [path.join(folder, 'data'), path.join(folder, 'password')];
  await writeFile(secret, POSTGRES_PASSWORD);
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (user.uid !== undefined) for (const file of [folder, secret]) chownSync(file, user.uid, user.gid);
  execFileSync(
    path.join(path.dirname(program), 'initdb'),
    [
      '-D',
      data,
      '-U',
      'natsctl',
      '--auth=scram-sha-256',
      `--pwfile=${secret}`,
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { ...user, cwd: folder, stdio: 'ignore' },
  );
  const port = await freePort();
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`];
  const start = async (): Promise<ChildProcess> => {
    const server = spawn(program, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      server.once('exit', () => reject(new Error(`postgres ended:\n${log}`)));
      server.stderr.on('data', (chunk: Buffer) => {
        log += chunk;
        if (log.includes('ready to accept connections')) resolve();
      });
    });
    return server;
  };
  const end = async (server: ChildProcess) => {
    const gone = once(server, 'exit');
    server.kill('SIGQUIT');
    await gone;
  };
  let server = await start();
  const url = (database: string) => postgresUrl(port, database);
  return {
    url,
    createDatabase: (name, template) => createDatabase(url('postgres'), name, template),
    async restart() {
      await end(server);
      server = await start();
    },
    async stop() {
      await end(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a database on the server that `admin` is a URL of. */
export async function createDatabase(admin: string, name: string, template = 'template0'): Promise<string> {
  const client = new Client(admin);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
  } finally {
    await client.end();
  }
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return url.href;
}

function postgresUrl(port: number, database: string): string {
  return `postgres://natsctl:${encodeURIComponent(POSTGRES_PASSWORD)}@127.0.0.1:${port}/${database}`;
}

/** PostgreSQL takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
