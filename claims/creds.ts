/**
 * Credentials files: a user's token and seed in one text, as nsc writes them and every NATS client reads them. Reading follows the
 * pattern of nats-io/jwt: a line of dashes, one line of content, a line of dashes; whatever stands around is of no account.
 */
import { isNatsctlError, NatsctlError } from './errors.js';
import { decodeAs, MAX_TOKEN_BYTES } from './jwt/decode.js';
import { Seed } from './keys/seed.js';

export type CredsErrorCode = 'ERR_CREDS_INVALID';

/** A token of the largest size, and room for the rest. */
export const MAX_CREDS_BYTES = MAX_TOKEN_BYTES + 64 * 1024;

export interface Creds {
  token: string;
  seed: Seed;
}

/** The text that `nsc generate creds` would write, byte for byte. @throws NatsctlError ERR_CREDS_INVALID where token and seed are not of one user. */
export function formatCreds(token: string, seed: Seed): string {
  checkPair(token, seed);
  return credsText(token, seed);
}

/** As `formatCreds`, of a token that was signed for this seed just now: it is not read again. */
export function credsText(token: string, seed: Seed): string {
  return `-----BEGIN NATS USER JWT-----
${token}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
${seed.reveal()}
------END USER NKEY SEED------

*************************************************************
`;
}

/** @throws NatsctlError ERR_CREDS_INVALID, saying which block is missing or wrong; no content is in the message. */
export function parseCreds(text: string): Creds {
  if (text.length > MAX_CREDS_BYTES) throw invalid(`it has more than ${MAX_CREDS_BYTES} bytes`);
  const [first, second] = blocks(text);
  if (first === undefined) throw invalid('the block of the JWT and the block of the seed are missing');
  if (second === undefined) {
    throw invalid(
      looksLikeSeed(first) ? 'the block of the JWT is missing' : 'the block of the seed is missing or cut off',
    );
  }
  let seed: Seed;
  try {
    seed = Seed.parse(second);
  } catch (error) {
    throw invalid(`in the block of the seed is ${messageOf(error)}`);
  }
  checkPair(first, seed);
  return { token: first, seed };
}

function checkPair(token: string, seed: Seed): void {
  if (seed.kind !== 'user') throw invalid(`the seed is that of ${seed.publicKey}, which is not a user`);
  let subject: string;
  try {
    subject = decodeAs('user', token).claims.sub;
  } catch (error) {
    throw invalid(`the JWT is not usable: ${messageOf(error)}`);
  }
  if (subject !== seed.publicKey) {
    throw invalid(
      `the JWT is that of user ${subject}, but the seed is that of ${seed.publicKey}`,
      'generate the credentials again',
    );
  }
}

const CONTENT = /^[\w\-.=]+$/;

/** At most the first two blocks. By line rather than by one pattern, so that the time taken is linear. */
function blocks(text: string): string[] {
  const lines = text.split('\n');
  const found: string[] = [];
  for (let at = 0; at + 2 < lines.length && found.length < 2; at++) {
    const content = withoutReturn(lines[at + 1] as string);
    if (
      isHead(withoutReturn(lines[at] as string)) &&
      CONTENT.test(content) &&
      isFoot(withoutReturn(lines[at + 2] as string))
    ) {
      found.push(content);
      at += 2;
    }
  }
  return found;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function isHead(line: string): boolean {
  const dashes = line.indexOf('---');
  return dashes >= 0 && dashes + 6 <= line.length && line.endsWith('---');
}

function isFoot(line: string): boolean {
  return line.length >= 6 && line.startsWith('---') && line.endsWith('---');
}

function looksLikeSeed(content: string): boolean {
  return /^S[OAUNCX][A-Z2-7]*$/.test(content);
}

function messageOf(error: unknown): string {
  return isNatsctlError(error) ? error.message : 'unreadable';
}

function invalid(
  reason: string,
  hint = 'get the credentials file again: it may have been cut or edited',
): NatsctlError<CredsErrorCode> {
  return new NatsctlError<CredsErrorCode>('ERR_CREDS_INVALID', `the credentials are not usable: ${reason}`, { hint });
}
