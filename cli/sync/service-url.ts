import { isNatsctlError, type NatsctlError } from '../../claims/errors.js';
import type { OperatorClaims } from '../../claims/types.js';
import { probe } from '../../resolver/http.js';
import { cliError } from '../errors.js';

/** Where `natsctl up` listens unless told otherwise. */
export const DEFAULT_SERVICE = 'http://127.0.0.1:9090';

/** The flag (or NATSCTL_SERVICE), else the operator's account server where that is HTTP, else this machine's. */
export function chooseService(flag: string | undefined, operator: OperatorClaims | null): string {
  if (flag) return flag;
  const own = operator?.nats.account_server_url;
  return own !== undefined && /^https?:\/\//i.test(own) ? own : DEFAULT_SERVICE;
}

/** One question before the many, so that a service that is down is one fault, and is found at once. */
export async function mustAnswer(service: string, patience: { timeoutMs?: number } = {}): Promise<void> {
  try {
    await probe(service, patience);
  } catch (error) {
    throw serviceFault(error);
  }
}

/** What a client of the resolver's answers, or throws with the CLI's own codes. */
export function fromService<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => Promise.reject(serviceFault(error)));
}

/** The CLI's own codes for what the resolver's clients throw. */
export function serviceFault(error: unknown): unknown {
  if (isNatsctlError(error, 'ERR_RESOLVER_UNREACHABLE', 'ERR_RESOLVER_TIMEOUT'))
    return renamed('ERR_SERVICE_UNREACHABLE', error);
  if (isNatsctlError(error, 'ERR_RESOLVER_ANSWER', 'ERR_RESOLVER_TOO_LARGE', 'ERR_RESOLVER_REDIRECT')) {
    return renamed('ERR_SERVICE_ANSWER', error);
  }
  if (isNatsctlError(error, 'ERR_RESOLVER_URL')) return renamed('ERR_URL_INVALID', error);
  return error;
}

function renamed(
  code: 'ERR_SERVICE_UNREACHABLE' | 'ERR_SERVICE_ANSWER' | 'ERR_URL_INVALID',
  error: NatsctlError,
): Error {
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return cliError(code, error.message, { ...hint, details: error.details, cause: error });
}
