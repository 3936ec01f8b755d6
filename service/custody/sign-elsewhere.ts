/**
 * Where no key is held, the place of signing says what is to be signed. The signer made here has the place of one in custody: the
 * claims went through everything that claims go through before they are signed, and come out of it in the refusal.
 */
import { lostRevocations } from '../../claims/account/revocation.js';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import type { Signer } from '../../claims/keys/signer.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

/** A request to the service, without what authenticates it. */
export interface Send {
  method: 'DELETE' | 'PATCH' | 'POST';
  url: string;
  headers: Record<string, string>;
  /** As JSON. Absent where the JWT is the body, or there is none. */
  body?: Record<string, unknown>;
}

/** `details` of ERR_SIGN_ELSEWHERE: all that `natsctl sign` needs. */
export interface SignRequest {
  kind: 'operator' | 'account' | 'user' | 'activation';
  /** As they stand in a JWT, without what signing sets: iss, iat, jti. */
  claims: Record<string, unknown>;
  /** Public keys, any of which may sign. */
  signers: string[];
  /** Earliest `iat` that is newer than what the JWT replaces and revokes (unix seconds). */
  notIssuedBefore: number;
  /** Where the JWT goes: as the body (application/jwt), or as `jwt` in it (application/json). Null for a user's: to the user. */
  send: Send | null;
  /** What is left of the change once that was sent, in this order. */
  rest: Send[];
}

export interface SignerElsewhere extends Signer {
  readonly elsewhere: true;
}

/** Stands for the first of these keys, and refuses to sign with everything that is needed to do it where one of them is. */
export function signerElsewhere(
  tx: Queries,
  kind: SignRequest['kind'],
  owner: string,
  signers: string[],
): SignerElsewhere {
  const [publicKey] = signers;
  if (publicKey === undefined) {
    throw new NatsctlError<ServiceErrorCode>('ERR_SIGNING_KEY_ABSENT', `${owner} has no key that may sign`, {
      hint: 'give it a signing key first',
    });
  }
  return {
    publicKey,
    elsewhere: true,
    async sign(data) {
      const [, payload = ''] = Buffer.from(data).toString('latin1').split('.');
      const text = Buffer.from(payload, 'base64url').toString('utf8');
      const { iss: _iss, jti: _jti, iat, ...claims } = JSON.parse(text) as Record<string, unknown>;
      const details: SignRequest = {
        kind,
        claims,
        signers,
        notIssuedBefore: Number(iat),
        send: await placeOf(tx, kind, String(claims.sub), text),
        rest: [],
      };
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_SIGN_ELSEWHERE',
        `this service holds no key of ${owner} that may sign this`,
        {
          hint: 'sign it where one of details.signers is: give this answer to `natsctl sign --push`',
          details: { ...details },
        },
      );
    },
  };
}

/** A key that the service itself makes is lost with a change that it cannot sign. */
export function requireHeld(signer: Signer): void {
  if (!('elsewhere' in signer)) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_PUBLIC_KEY_REQUIRED',
    'this is signed elsewhere, so its key is not made here',
    { hint: 'make the key where it is to be kept, and give its public key as `publicKey`' },
  );
}

/** Runs a change that is more than one signature: where it is signed elsewhere, the refusal names the rest of it too. */
export async function withRest<T>(rest: Send | Send[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_SIGN_ELSEWHERE')) throw error;
    const { message, hint, details } = error;
    const request = details as unknown as SignRequest;
    throw new NatsctlError<ServiceErrorCode>('ERR_SIGN_ELSEWHERE', message, {
      ...(hint !== undefined && { hint }),
      details: { ...request, rest: [request.rest, rest].flat() },
    });
  }
}

/** What it takes the place of is named, so that two writers do not undo each other. */
async function placeOf(tx: Queries, kind: SignRequest['kind'], sub: string, payload: string): Promise<Send | null> {
  if (kind === 'user') return null;
  // Of two for the same the newer one stays, whoever pushes it.
  if (kind === 'activation') {
    return { method: 'POST', url: '/jwt/v1/activations', headers: { 'content-type': 'application/jwt' } };
  }
  if (kind === 'operator') {
    const { version } = await tx.operator.findUniqueOrThrow({ where: { key: sub }, select: { version: true } });
    const headers = { 'content-type': 'application/json', 'if-match': `"v${version}"` };
    return { method: 'PATCH', url: `/api/v1/operators/${sub}`, headers };
  }
  const stored = await tx.account.findUnique({ where: { key: sub } });
  const send = { method: 'POST', url: `/jwt/v1/accounts/${sub}` } as const;
  const type = { 'content-type': 'application/jwt' };
  if (!stored) return { ...send, headers: { ...type, 'if-none-match': '*' } };
  const { users, activations } = lostRevocations(readStored('account', stored).claims, parseClaims('account', payload));
  // Meant by whoever asked for this change; a push says so again, as an admin.
  const force = users.length + activations.length > 0 && { 'natsctl-force': 'true' };
  return { ...send, headers: { ...type, 'if-match': `"${stored.jti}"`, ...force } };
}
