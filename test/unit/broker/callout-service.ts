import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims, type Unsigned } from '../../../claims/jwt/encode.js';
import { newAuthorizationResponse, newUser } from '../../../claims/jwt/new.js';
import { open, seal } from '../../../claims/keys/curve.js';
import type { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AuthorizationRequestClaims, AuthorizationResponseClaims, UserClaims } from '../../../claims/types.js';
import { now } from './world.js';

/** What the service of a test says to one request. */
export interface Verdict {
  user?: (claims: Unsigned<UserClaims>) => void;
  userKey?: Seed;
  answer?: (claims: Unsigned<AuthorizationResponseClaims>) => void;
  answerKey?: Seed;
  /** The answer, whatever it is. */
  raw?: Uint8Array;
  /** Seals the answer. */
  sealed?: boolean;
}

/** Null = an empty message, undefined = nothing at all. */
export type Judgement = Verdict | null | undefined;

export interface Service {
  /** As they came, oldest first. */
  readonly requests: { claims: AuthorizationRequestClaims; header: string | undefined; sealed: boolean }[];
  close(): Promise<void>;
}

/** An auth callout service by the official client, which decides by what `judge` says. */
export async function startService(
  options: Parameters<typeof connect>[0],
  { signer, curve }: { signer: Seed; curve?: Seed },
  judge: (request: AuthorizationRequestClaims) => Judgement | Promise<Judgement>,
): Promise<Service> {
  const connection: NatsConnection = await connect({ ...options, reconnect: false, ignoreAuthErrorAbort: true });
  const requests: Service['requests'] = [];
  const serve = async (message: Msg): Promise<void> => {
    const header = message.headers?.get('Nats-Server-Xkey') || undefined;
    const sealed = header !== undefined && curve !== undefined;
    const bytes = sealed ? open(curve, header, message.data) : message.data;
    const { claims } = decodeAs('authorization_request', Buffer.from(bytes).toString('latin1'));
    requests.push({ claims, header, sealed });
    const verdict = await judge(claims);
    if (verdict === undefined) return;
    if (verdict === null) return void message.respond();
    if (verdict.raw !== undefined) return void message.respond(verdict.raw);
    const user = newUser(claims.nats.user_nkey, '');
    delete user.name;
    verdict.user?.(user);
    const { token: jwt } = await signClaims(user, seedSigner(verdict.userKey ?? signer), { now: now() });
    const answer = newAuthorizationResponse(claims.nats.user_nkey);
    answer.aud = claims.nats.server_id.id;
    answer.nats.jwt = jwt;
    verdict.answer?.(answer);
    const { token } = await signClaims(answer, seedSigner(verdict.answerKey ?? signer), { now: now() });
    const text = Buffer.from(token, 'latin1');
    message.respond(verdict.sealed && curve && header ? seal(curve, header, text) : text);
  };
  connection.subscribe('$SYS.REQ.USER.AUTH', { callback: (_error, message) => void serve(message) });
  await connection.flush();
  return { requests, close: () => connection.close() };
}
