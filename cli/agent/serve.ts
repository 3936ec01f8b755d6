import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { sealedError } from '../sealed/errors.js';
import type { Unwrapped } from '../sealed/header.js';
import { type AgentAnswer, type AgentRequest, MAX_LINE_BYTES } from './client.js';
import { makeSocketFolder, socketFile } from './place.js';

export interface RunningAgent {
  socket: string;
  /** Unix seconds. */
  until: number;
  /** Ends once the time is over, the agent was told to lock, or `stop` was called; the key is gone then. */
  ended: Promise<'expired' | 'locked' | 'stopped'>;
  stop(): Promise<void>;
}

/** A connection that says nothing takes no place for long. */
const IDLE_MS = 5_000;
const MAX_CONNECTIONS = 64;
/** How often the clock is looked at. */
const CLOCK_MS = 60_000;

/**
 * Holds the data key of a keystore for the other commands of this user. Whoever may enter the folder of the socket gets it: that
 * is this user, and root.
 */
export async function serveAgent(
  keystore: string,
  { header, dataKey }: Unwrapped,
  until: number,
): Promise<RunningAgent> {
  refuseWindows();
  const socket = await socketFile(keystore);
  await makeSocketFolder(socket);
  // Left by an agent that was killed; callers have made sure that nobody answers there.
  await rm(socket, { force: true });

  const answer = (request: AgentRequest): AgentAnswer => {
    const state = { id: header.id, until, pid: process.pid };
    const wanted = request.op === 'key' && request.id === header.id;
    return wanted ? { ...state, key: dataKey.toString('base64url') } : state;
  };
  let end: (why: 'expired' | 'locked' | 'stopped') => void = () => {};
  const over = new Promise<'expired' | 'locked' | 'stopped'>((resolve) => {
    end = resolve;
  });
  const open = new Set<Socket>();
  const server = createServer((connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    serve(connection, answer, () => end('locked'));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, socket);
  await chmod(socket, 0o600);
  const timer = expireAt(until, () => end('expired'));
  const ended = over.then(async (why) => {
    clearTimeout(timer.current);
    dataKey.fill(0);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const connection of open) connection.end();
    });
    return why;
  });
  return {
    socket,
    until,
    ended,
    stop: async () => {
      end('stopped');
      await ended;
    },
  };
}

function serve(connection: Socket, answer: (request: AgentRequest) => AgentAnswer, lock: () => void): void {
  let text = '';
  connection.setTimeout(IDLE_MS, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.setEncoding('utf8');
  connection.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MAX_LINE_BYTES) connection.destroy();
    if (!text.includes('\n')) return;
    const request = parse(text);
    text = '';
    if (request === null) connection.destroy();
    else if (request.op === 'lock') connection.end(`${JSON.stringify(answer(request))}\n`, lock);
    else connection.end(`${JSON.stringify(answer(request))}\n`);
  });
}

function parse(line: string): AgentRequest | null {
  try {
    const value = JSON.parse(line) as AgentRequest;
    return ['key', 'status', 'lock'].includes(value?.op) ? value : null;
  } catch {
    return null;
  }
}

/** By the clock, not by time awake: a machine that slept through the end wakes up locked. */
function expireAt(until: number, expire: () => void): { current: NodeJS.Timeout } {
  const timer = { current: setTimeout(() => {}, 0) };
  const wait = (): void => {
    const left = until * 1000 - Date.now();
    if (left <= 0) expire();
    else timer.current = setTimeout(wait, Math.min(left, CLOCK_MS));
  };
  wait();
  return timer;
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(sealedError('ERR_AGENT_FAILED', `the agent cannot listen at ${socket}: ${cause.message}`, { cause }));
    });
    server.listen(socket, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

export function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw sealedError('ERR_AGENT_UNSUPPORTED', 'there is no agent on Windows', {
    hint: 'name a private file with the passphrase in NATSCTL_PASSPHRASE_FILE',
  });
}
