import { connect } from 'node:net';
import path from 'node:path';
import { KEY_BYTES } from '../sealed/kdf.js';
import { notOurs, socketFile } from './place.js';

/** What is asked of an agent, one JSON line each way. */
export interface AgentRequest {
  op: 'key' | 'status' | 'lock';
  /** Of the data key. */
  id?: string;
}

export interface AgentAnswer {
  /** base64url; only for `key`, and only of the id that was asked for. */
  key?: string;
  id?: string;
  /** Unix seconds at which the agent ends by itself. */
  until?: number;
  pid?: number;
}

/** An agent that does not answer is as good as none. */
const ANSWER_MS = 3_000;
export const MAX_LINE_BYTES = 1024;

/** The data key that the agent of this keystore holds; null where there is no agent, or none with this key. */
export async function agentKey(keystore: string, id: string): Promise<Buffer | null> {
  const answer = await askAgent(keystore, { op: 'key', id });
  if (answer?.key === undefined) return null;
  const key = Buffer.from(answer.key, 'base64url');
  return key.length === KEY_BYTES ? key : null;
}

/** Null where there is no agent. A socket in a folder that is not ours alone is nobody's. */
export async function askAgent(keystore: string, request: AgentRequest): Promise<AgentAnswer | null> {
  if (process.platform === 'win32') return null;
  const file = await socketFile(keystore).catch(() => null);
  if (file === null || (await notOurs(path.dirname(file))) !== null) return null;
  return ask(file, request);
}

function ask(file: string, request: AgentRequest): Promise<AgentAnswer | null> {
  return new Promise((resolve) => {
    const socket = connect(file);
    let text = '';
    const end = (answer: AgentAnswer | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), ANSWER_MS);
    socket.setEncoding('utf8');
    socket.once('error', () => end(null));
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_LINE_BYTES) end(null);
      else if (text.includes('\n')) end(parse(text));
    });
    socket.once('close', () => end(null));
  });
}

function parse(line: string): AgentAnswer | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as AgentAnswer) : null;
  } catch {
    return null;
  }
}
