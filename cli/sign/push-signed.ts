import { isNatsctlError } from '../../claims/errors.js';
import { postActivation, pushAccount } from '../../resolver/http.js';
import { type RestOptions, sendApi } from '../../resolver/rest.js';
import { cliError, usageError } from '../errors.js';
import type { Rest } from './rest.js';
import type { SignRequest } from './sign-request.js';

/** The service to push to; the token is needed by what is not a plain push. */
export interface SendTo {
  base: string;
  accessToken: string | null;
  timeoutMs: number;
}

export interface PushedTo {
  service: string;
  /** Null for what is pushed nowhere: the JWT of a user. */
  result: 'created' | 'updated' | 'unchanged' | 'pending' | null;
  /** What was left of the change, and whether it was done. `sign`: an answer that asks for the next signature. */
  rest: { request: string; done: boolean; sign?: unknown }[];
}

/** Before anything is signed. */
export function refuseUnpushable({ kind, send, rest }: SignRequest, { accessToken }: SendTo, force: boolean): void {
  if (send === null && rest.length === 0) {
    throw usageError(
      `the JWT of this ${kind} is pushed nowhere`,
      'leave --push out, and give the JWT to whom it is for',
    );
  }
  if (send?.force && !force) {
    throw cliError('ERR_REVOCATIONS_DROPPED', 'this lets somebody back in who is revoked', {
      hint: 'where that is meant: --force',
    });
  }
  const needsToken = kind === 'operator' || send?.force || rest.length > 0;
  if (needsToken && accessToken === null) {
    throw usageError('this push needs an access token', 'add --token-file, with a token of an admin of the service');
  }
}

export async function pushSigned(
  to: SendTo,
  { kind, claims, send, rest }: SignRequest,
  token: string,
): Promise<PushedTo> {
  const options: RestOptions = { base: to.base, accessToken: to.accessToken ?? '', timeoutMs: to.timeoutMs };
  const result =
    send === null
      ? null
      : kind === 'operator'
        ? await pushOperator(options, claims.sub, token, send)
        : await pushOne(to, kind, token, send);
  const done: PushedTo['rest'] = [];
  for (const one of rest) {
    const request = `${one.method} ${one.path}`;
    // One that must wait for another to sign the account is not stored yet, so nothing follows from it.
    if (result === 'pending') done.push({ request, done: false });
    else done.push({ request, ...(await sendOne(one, options)) });
  }
  return { service: to.base, result, rest: done };
}

/** It may itself need a signature that the service cannot make. */
async function sendOne(one: Rest, options: RestOptions): Promise<Omit<PushedTo['rest'][number], 'request'>> {
  try {
    await one.send(options);
    return { done: true };
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_SIGN_ELSEWHERE')) throw error;
    return { done: false, sign: error.details.answer };
  }
}

async function pushOperator(
  options: RestOptions,
  operator: string,
  jwt: string,
  send: SignRequest['send'],
): Promise<'updated'> {
  await sendApi(options, 'PATCH /operators/{operator}', {
    path: { operator },
    ifMatch: send?.ifMatch ?? null,
    body: { jwt },
  });
  return 'updated';
}

async function pushOne(
  to: SendTo,
  kind: SignRequest['kind'],
  token: string,
  send: SignRequest['send'],
): Promise<PushedTo['result']> {
  const { base, accessToken, timeoutMs } = to;
  const condition = send?.ifMatch ? { ifMatch: send.ifMatch } : { ifNoneMatch: '*' as const };
  const authorized = accessToken === null ? {} : send?.force ? { force: { accessToken } } : { accessToken };
  const pushed =
    kind === 'activation'
      ? await postActivation(base, token, { timeoutMs })
      : await pushAccount(base, token, { ...condition, ...authorized, timeoutMs });
  if (pushed.status !== 'refused') return pushed.status;
  const { message, hint, code, httpStatus } = pushed;
  throw cliError('ERR_PUSH_REFUSED', message, {
    hint:
      httpStatus === 412 ? 'ask the service for the change again: what it was made from is not there any more' : hint,
    details: { status: httpStatus, ...(code && { code }) },
  });
}
