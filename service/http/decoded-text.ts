import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import { timeText } from '../../claims/trust/account.js';
import type { Decoded } from '../../claims/types.js';

type Json = { [key: string]: unknown };

/**
 * A token for people: its header and its claims, each as JSON, with times also as dates and activation tokens opened. Theirs
 * (nats-account-server) is no JSON any more; the two documents of this one can be read by programs too.
 */
export function decodedText(decoded: Decoded): string {
  const header = JSON.parse(Buffer.from(decoded.token.split('.', 1)[0] ?? '', 'base64url').toString('utf8'));
  return `${printable(header)}\n\n${printable(claimsOf(decoded))}\n`;
}

function claimsOf({ kind, claims }: Decoded): Json {
  const payload = dated(JSON.parse(payloadJson(kind, claims)));
  const imports = (payload.nats as { imports?: Json[] }).imports ?? [];
  for (const one of imports) if (typeof one.token === 'string') one.token = opened(one.token);
  return payload;
}

/** As it is where it cannot be read: an import may hold a URL, or one that is broken. */
function opened(token: string): Json | string {
  try {
    return claimsOf(decodeAs('activation', token));
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return token;
  }
}

function dated(payload: Json): Json {
  const result: Json = {};
  for (const [name, value] of Object.entries(payload)) {
    result[name] = value;
    if (['iat', 'exp', 'nbf'].includes(name) && typeof value === 'number') result[`${name}_date`] = timeText(value);
  }
  return result;
}

/** JSON's own escapes for what would tell a terminal what to do. */
function printable(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (text) =>
    Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
