import { parseCreds } from '../../claims/creds.js';
import { decode } from '../../claims/jwt/decode.js';
import type { Decoded } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { readSource } from '../source.js';

/** Servers pack all their accounts into one text: tens of thousands of them, and no more than fits into memory. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

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
  return TOKEN.test(source) && source.length > 100 ? source : readSource(source, { maxBytes: MAX_TEXT_BYTES });
}

function nothing(source: string): Error {
  const what = source === '-' ? 'stdin' : TOKEN.test(source) ? 'the text' : source;
  return cliError('ERR_TOKEN_SOURCE', `${what} holds no token`, {
    hint: 'give a JWT, a file with one (bare, armored or creds), or - for stdin',
  });
}
