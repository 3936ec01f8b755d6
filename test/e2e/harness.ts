import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { credsAuthenticator, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { inject } from 'vitest';

/** A home folder of its own: nothing of the machine's user is read or written. */
export interface Home {
  folder: string;
  env: NodeJS.ProcessEnv;
  remove(): void;
}

export function makeHome(): Home {
  const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-e2e-'));
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NATSCTL_(?!PEERS)|NSC_|NKEYS_|NATS_|XDG_)/.test(name)),
  );
  return {
    folder,
    env: {
      ...clean,
      HOME: folder,
      XDG_CONFIG_HOME: path.join(folder, 'config'),
      XDG_DATA_HOME: path.join(folder, 'data'),
      NO_COLOR: '1',
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What `--json` printed. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what each test asserts.
  json(): any;
}

/** Runs the installed `natsctl` (or another program) to its end. Never throws for an exit code. */
export function run(
  home: Home,
  args: string[],
  options: { program?: string; input?: string; cwd?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(
      options.program ?? inject('natsctl'),
      args,
      { env: home.env, cwd: options.cwd ?? home.folder, maxBuffer: 64 << 20, timeout: 60_000 },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr, json: () => JSON.parse(stdout) });
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}

export interface Started {
  child: ChildProcess;
  output(): string;
  /** Sends the signal and waits; the exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a program that stays up. */
export function start(home: Home, args: string[], options: { program?: string } = {}): Started {
  const child = spawn(options.program ?? inject('natsctl'), args, {
    env: home.env,
    cwd: home.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return {
    child,
    output: () => text,
    async stop(signal = 'SIGINT') {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? String(child.signalCode);
      const exited = once(child, 'exit');
      child.kill(signal);
      const [code, by] = (await exited) as [number | null, string | null];
      return code ?? String(by);
    },
  };
}

/** The contents of a file once it exists and is whole JSON; fails at once when the program that should write it ends. */
export async function jsonFile<T>(file: string, by: Started, timeoutMs = 20_000): Promise<T> {
  const folder = path.dirname(file);
  const end = AbortSignal.timeout(timeoutMs);
  const read = (): T | undefined => {
    try {
      return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
    } catch {
      return undefined;
    }
  };
  return new Promise<T>((resolve, reject) => {
    const watcher = watch(folder, () => settle());
    const done = (act: () => void) => {
      watcher.close();
      by.child.off('exit', ended);
      act();
    };
    const settle = () => {
      const value = read();
      if (value !== undefined) done(() => resolve(value));
    };
    const ended = () => done(() => reject(new Error(`ended before it wrote ${file}:\n${by.output()}`)));
    end.addEventListener('abort', () => done(() => reject(new Error(`no ${file} in time:\n${by.output()}`))));
    by.child.on('exit', ended);
    settle();
  });
}

/** A connection by the official client. Does not reconnect unless told to. */
export function client(
  server: string,
  credsFile: string,
  options: { reconnect?: boolean; name?: string } = {},
): Promise<NatsConnection> {
  return connect({
    servers: server,
    authenticator: credsAuthenticator(readFileSync(credsFile)),
    reconnect: options.reconnect ?? false,
    name: options.name,
    timeout: 5_000,
  });
}
