import { buffer } from 'node:stream/consumers';
import { parseCreds } from '../../claims/creds.js';
import { decode } from '../../claims/jwt/decode.js';
import type { Decoded } from '../../claims/types.js';
import { request } from '../../resolver/request.js';
import { cliError } from '../errors.js';
import { readTextFile } from '../store/atomic.js';

/** How long a URL may take to answer; the patience of nsc's push. */
const URL_TIMEOUT_MS = 5_000;

/** Three parts of base64url: a token given as it is, and no file anyone would name so. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A token as it was found: its claims, and whether the seed that makes it usable lay beside it. */
export interface FoundToken {
  jwt: Decoded;
  /** It stood in a creds file, whose seed is that of the user. */
  creds: boolean;
}

/**
 * Reads one token from wherever people have them: a token itself, `-` for stdin, a URL, or a file with a bare token, an
 * armored one or creds.
 */
export async function readToken(source: string): Promise<FoundToken> {
  const tokens = await readTokens(source);
  const [first] = tokens;
  if (first === undefined) throw nothing(source);
  return first;
}

/** As `readToken`, every token of a text: one a line, `A...|token` as servers pack them, or armored. */
export async function readTokens(source: string): Promise<FoundToken[]> {
  const text = await textOf(source);
  if (/BEGIN USER NKEY SEED/.test(text)) {
    const { token, seed } = parseCreds(text);
    seed.wipe();
    return [{ jwt: decode(token), creds: true }];
  }
  const tokens = text
    .split('\n')
    .map((line) => line.trim().replace(/^[A-Z0-9]{56}\|/, ''))
    .filter((line) => TOKEN.test(line));
  if (tokens.length === 0) throw nothing(source);
  return tokens.map((token) => ({ jwt: decode(token, { allowV1: true }), creds: false }));
}

async function textOf(source: string): Promise<string> {
  if (TOKEN.test(source) && source.length > 100) return source;
  if (source === '-') return (await buffer(process.stdin)).toString('utf8');
  if (/^https?:\/\//i.test(source)) {
    const url = URL.canParse(source) ? new URL(source) : null;
    if (url === null) throw cliError('ERR_URL_INVALID', `not an address: ${source}`);
    const answer = await request(url, { timeoutMs: URL_TIMEOUT_MS });
    if (answer.status === 200) return answer.body;
    throw cliError('ERR_TOKEN_SOURCE', `${url.origin}${url.pathname} answers ${answer.status}`);
  }
  const text = await readTextFile(source);
  if (text !== null) return text;
  throw cliError('ERR_TOKEN_SOURCE', `there is no file ${source}`, {
    hint: 'give a file, a URL, a token, or - for stdin',
    details: { file: source },
  });
}

function nothing(source: string): Error {
  const what = source === '-' ? 'stdin' : TOKEN.test(source) ? 'the text' : source;
  return cliError('ERR_TOKEN_SOURCE', `${what} holds no token`, {
    hint: 'give a JWT, a file with one (bare, armored or creds), or - for stdin',
  });
}
