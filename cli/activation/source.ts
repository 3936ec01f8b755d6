import path from 'node:path';
import process from 'node:process';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ActivationClaims, Decoded } from '../../claims/types.js';
import { request } from '../../resolver/request.js';
import { cliError } from '../errors.js';
import { MAX_STORE_FILE_BYTES, readTextFile } from '../store/atomic.js';
import { unarmored } from '../store/token-file.js';

const FETCH_TIMEOUT_MS = 10_000;

/** Reads and verifies an activation token: itself, or from a file, a web address or `-` for standard input; armored or bare. */
export async function readActivation(source: string): Promise<Decoded<ActivationClaims>> {
  return decodeAs('activation', unarmored(await textOf(source)));
}

async function textOf(source: string): Promise<string> {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(source) && source.startsWith('eyJ')) return source;
  if (source === '-') return readInput();
  if (/^https?:\/\//i.test(source)) return fetchText(source);
  const text = await readTextFile(path.resolve(source));
  if (text !== null) return text;
  throw unreadable(`there is no file ${path.resolve(source)}`, source);
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_STORE_FILE_BYTES) throw unreadable('standard input holds more than any token', '-');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** As any token is fetched: bounded in size and time, and no other host than the one that was named is asked. */
async function fetchText(source: string): Promise<string> {
  const url = URL.canParse(source) ? new URL(source) : null;
  if (url === null) throw unreadable(`not an address: ${source}`, source);
  try {
    const answer = await request(url, { timeoutMs: FETCH_TIMEOUT_MS });
    if (answer.status === 200) return answer.body;
    throw unreadable(`${url.origin}${url.pathname} answers ${answer.status}`, source);
  } catch (error) {
    if (!isNatsctlError(error) || error.code === 'ERR_ACTIVATION_SOURCE') throw error;
    throw unreadable(`cannot fetch the activation: ${error.message}`, source, error);
  }
}

function unreadable(message: string, source: string, cause?: unknown): Error {
  return cliError('ERR_ACTIVATION_SOURCE', message, {
    hint: 'name a file, a web address, a token, or - for standard input',
    details: { source },
    cause,
  });
}
