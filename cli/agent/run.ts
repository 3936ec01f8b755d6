import { buffer } from 'node:stream/consumers';
import { parseDuration } from '../duration.js';
import { usageError } from '../errors.js';
import { sealedError } from '../sealed/errors.js';
import { fits, readHeader, type Unwrapped } from '../sealed/header.js';
import { unlockHeader } from '../sealed/unlock.js';
import { askAgent } from './client.js';
import { socketFile } from './place.js';
import { refuseWindows, serveAgent } from './serve.js';

/** What a command tells of an agent. */
export interface AgentState {
  keystore: string;
  socket: string;
  pid: number;
  /** Unix seconds at which it ends by itself. */
  until: number;
}

export interface AgentStart {
  key: Unwrapped;
  until: number;
}

const MAX_HOURS = 30 * 24;

/** The key and the end of an agent, as its flags say. @param now Unix seconds */
export async function startOf(
  keystore: string,
  flags: { for: string; 'passphrase-file'?: string | undefined; 'key-from-stdin'?: boolean },
  now: number,
): Promise<AgentStart> {
  refuseWindows();
  const seconds = Math.floor(parseDuration(flags.for) / 1e9);
  if (seconds < 1 || seconds > MAX_HOURS * 3600) throw usageError(`--for is from 1s to ${MAX_HOURS}h`);
  const header = await readHeader(keystore);
  if (header === null) {
    throw sealedError('ERR_KEYSTORE_NOT_ENCRYPTED', `the keystore ${keystore} is not encrypted`, {
      hint: 'it needs no agent; encrypt it with `natsctl keys encrypt`',
    });
  }
  const until = now + seconds;
  if (!flags['key-from-stdin']) return { key: await unlockHeader(header, keystore, flags['passphrase-file']), until };
  const dataKey = await buffer(process.stdin);
  if (!fits(header, dataKey)) throw sealedError('ERR_AGENT_FAILED', 'the key of the agent did not arrive');
  return { key: { header, dataKey }, until };
}

export async function refuseRunning(keystore: string): Promise<void> {
  const running = await askAgent(keystore, { op: 'status' });
  if (running === null) return;
  throw sealedError('ERR_AGENT_FAILED', `an agent holds the key of ${keystore} already`, {
    hint: 'end it with `natsctl keys lock`',
    details: { until: running.until, pid: running.pid },
  });
}

export async function runAgent(keystore: string, { key, until }: AgentStart) {
  const agent = await serveAgent(keystore, key, until);
  return { ...agent, state: { keystore, socket: agent.socket, pid: process.pid, until } satisfies AgentState };
}

/** Ends the agent of a keystore. @returns whether there was one */
export async function lockKeystore(keystore: string): Promise<{ keystore: string; locked: boolean }> {
  return { keystore, locked: (await askAgent(keystore, { op: 'lock' })) !== null };
}

export async function stateOf(keystore: string, pid: number, until: number): Promise<AgentState> {
  return { keystore, socket: await socketFile(keystore), pid, until };
}
