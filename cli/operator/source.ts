import { isNatsctlError } from '../../claims/errors.js';
import { decode, decodeAs } from '../../claims/jwt/decode.js';
import type { Decoded, OperatorClaims } from '../../claims/types.js';
import { type Answer, request } from '../../resolver/request.js';
import { resolverUrls } from '../../resolver/url.js';
import { cliError } from '../errors.js';
import { exists } from '../store/atomic.js';
import { unarmored } from '../store/token-file.js';
import { serviceFault } from '../sync/service-url.js';
import { tokenText } from '../token/text.js';
import { knownOperator, nameOfHost } from './well-known.js';

/** nsc's patience. */
const URL_TIMEOUT_MS = 5_000;

/** An operator's JWT, from wherever somebody else published it. */
export interface FoundOperator {
  jwt: Decoded<OperatorClaims>;
  /** What it is to be called here, unless told otherwise. */
  name: string;
  source: string;
}

/** @param source a file, a URL (of the JWT, or of an account server), a name that is well known, a token, or `-` */
export async function readOperatorSource(
  source: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<FoundOperator> {
  const isUrl = /^https?:\/\//i.test(source);
  const named = isUrl ? undefined : knownOperator(source, env);
  const known = named && !(await exists(source)) ? named : undefined;
  const url = known?.url ?? (isUrl ? source : undefined);
  const jwt = operatorToken(unarmored(url === undefined ? await tokenText(source) : await fetchText(url)));
  const called = known?.name ?? (url === undefined ? undefined : nameOfHost(url, env));
  return { jwt, name: called ?? jwt.claims.name ?? jwt.claims.sub, source: url ?? source };
}

function operatorToken(token: string): Decoded<OperatorClaims> {
  try {
    return decodeAs('operator', token);
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_JWT_VERSION') || decode(token, { allowV1: true }).kind !== 'operator') throw error;
    throw cliError('ERR_OPERATOR_V1', 'this operator JWT is of version 1, which no server of today trusts', {
      hint: 'ask whoever runs the operator for one of version 2 (`natsctl upgrade` makes it there)',
      cause: error,
    });
  }
}

/** Of two addresses an account server may have, the one for JWTs of version 2 is asked first. */
async function fetchText(text: string): Promise<string> {
  try {
    const url = addressOf(text);
    if (url.pathname.includes('/jwt/v1/')) {
      const newer = new URL(url);
      newer.pathname = url.pathname.replace('/jwt/v1/', '/jwt/v2/');
      const answer = await get(newer).catch(() => null);
      if (answer?.status === 200) return answer.body;
    }
    const answer = await get(url);
    if (answer.status === 200) return answer.body;
    throw cliError('ERR_SOURCE', `${url.origin}${url.pathname} answers ${answer.status}`, {
      hint: 'give the address of an operator JWT, or of an account server',
    });
  } catch (error) {
    throw serviceFault(error);
  }
}

function addressOf(text: string): URL {
  const urls = resolverUrls(text);
  const path = new URL(text).pathname.replace(/\/+$/, '');
  return path === '' || /\/jwt\/v[12]$/.test(path) ? urls.operator : new URL(text);
}

function get(url: URL): Promise<Answer> {
  return request(url, { timeoutMs: URL_TIMEOUT_MS });
}
