import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface NatsServer {
  url: string;
  port: number;
  /** Port of the route listener of its cluster, which opens after the clients' one. */
  routePort(): Promise<number>;
  /** Address of its WebSocket listener. */
  webSocketUrl(): Promise<string>;
  /** Address of its monitoring, where its config asks for one. */
  monitoringUrl: string;
  /** Public server key. */
  id: string;
  process: ChildProcess;
  /** Resolves when the log, from the call on, has a match. */
  logs(pattern: RegExp): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real nats-server on a port of its own choice (or the given one) and waits until it says that it is ready. */
export async function startNatsServer(program: string, configFile: string, port = -1): Promise<NatsServer> {
  const server = spawn(program, ['-c', configFile, '-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  const listeners = new Set<() => void>();
  server.stderr.on('data', (chunk: Buffer) => {
    log += chunk;
    for (const listener of listeners) listener();
  });
  const logs = (pattern: RegExp, from = log.length) =>
    new Promise<void>((resolve, reject) => {
      const ended = () => reject(new Error(`nats-server ended:\n${log}`));
      const look = () => {
        if (!pattern.test(log.slice(from))) return;
        listeners.delete(look);
        server.off('exit', ended);
        resolve();
      };
      listeners.add(look);
      server.once('exit', ended);
      look();
    });
  await logs(/Server is ready/, 0);
  const listening = (kind: string) => {
    const found = new RegExp(`Listening for ${kind} connections on \\S+?:(\\d+)`).exec(log)?.[1];
    return Number(found);
  };
  const chosen = listening('client');
  return {
    url: `nats://127.0.0.1:${chosen}`,
    port: chosen,
    async routePort() {
      await logs(/Listening for route connections on/, 0);
      return listening('route');
    },
    async webSocketUrl() {
      await logs(/Listening for websocket clients on/, 0);
      return /Listening for websocket clients on (\S+)/.exec(log)?.[1] ?? '';
    },
    monitoringUrl: `http://127.0.0.1:${/Starting http monitor on \S+?:(\d+)/.exec(log)?.[1] ?? ''}`,
    id: /ID: +(N\w+)/.exec(log)?.[1] ?? '',
    process: server,
    logs: (pattern) => logs(pattern),
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    },
  };
}
