import { signClaims } from '../../../claims/jwt/encode.js';
import { newAuthorizationRequest } from '../../../claims/jwt/new.js';
import { seal } from '../../../claims/keys/curve.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AuthorizationRequestData } from '../../../claims/types.js';
import { withField } from '../../protocol/header.js';
import { unixNow } from '../../timer.js';
import type { Callout } from './callout.js';

/** Who the request is for (nats-server AuthRequestSubject). */
const AUDIENCE = 'nats-authorization-request';
/** Says with which key of the server a sealed request opens (nats-server AuthRequestXKeyHeader). */
const XKEY_HEADER = 'Nats-Server-Xkey';

/** What the service is asked: a JWT of this server, sealed where the account has a curve key. */
export async function calloutRequest(callout: Callout): Promise<{ header: Buffer | null; payload: Uint8Array }> {
  const { attempt, account, userKey, xkey } = callout;
  const { broker } = attempt.connection;
  const { realm } = broker.auth;
  const subject = realm.kind === 'config' && realm.callout !== null ? realm.callout.issuer : account.id;
  const claims = newAuthorizationRequest(subject, {
    server_id: {
      name: broker.serverName,
      host: broker.host,
      id: broker.serverId,
      version: broker.version,
      cluster: broker.clusterName,
      ...(xkey !== null && { xkey: broker.curveKey.publicKey }),
    },
    user_nkey: userKey,
    client_info: clientInfo(callout),
    connect_opts: connectOptions(callout),
  });
  claims.aud = AUDIENCE;
  claims.exp = unixNow() + Math.ceil(broker.limits.authTimeoutMs / 1000);
  const { token } = await signClaims(claims, seedSigner(broker.serverKey), { now: unixNow() });
  const payload = Buffer.from(token, 'latin1');
  if (xkey === null) return { header: null, payload };
  const header = withField(null, XKEY_HEADER, broker.curveKey.publicKey);
  return { header, payload: seal(broker.curveKey, xkey, payload) };
}

function clientInfo({ attempt: { connection, user } }: Callout): AuthorizationRequestData['client_info'] {
  const { options, nonce, id, remoteAddress } = connection;
  return {
    host: remoteAddress,
    id,
    // What the client calls itself: to be checked by the service.
    user: options.nkey || options.user || user?.id || (options.auth_token === '' ? '' : '[REDACTED]'),
    name: options.name,
    tags: [...(user?.tags ?? [])],
    name_tag: user?.name ?? '',
    kind: 'Client',
    type: connection.type === 'WEBSOCKET' ? 'websocket' : 'nats',
    ...(options.sig !== '' && { nonce }),
  };
}

function connectOptions({ attempt: { connection, token } }: Callout): AuthorizationRequestData['connect_opts'] {
  const { nkey, sig, auth_token, user, pass, name, lang, version, protocol } = connection.options;
  return { jwt: token?.token ?? '', nkey, sig, auth_token, user, pass, name, lang, version, protocol };
}
