import { decodeBase64Url } from '../../claims/jwt/base64url.js';
import { verifySignature } from '../../claims/keys/verify.js';
import type { Attempt } from './attempt.js';
import { refused } from './refusal.js';

/** As many characters as an Ed25519 signature has in base64url. */
const SIGNATURE_CHARACTERS = 86;

/** A proxy proves itself by signing the nonce of the connection it passes on (nats-server auth.go proxyCheck). */
export function checkProxySignature(attempt: Attempt): void {
  const { connection } = attempt;
  const { options, nonce, broker } = connection;
  const { trustedProxies } = broker.auth;
  if (options.proxy_sig === '' || trustedProxies.length === 0) return;
  const signature = options.proxy_sig.length === SIGNATURE_CHARACTERS ? decodeBase64Url(options.proxy_sig) : null;
  const signed = Buffer.from(nonce, 'utf8');
  const key = signature && trustedProxies.find((each) => verifySignature(each, signed, signature));
  if (!key) throw refused('ERR_CONNECT_PROXY', 'the proxy is none that is trusted');
  attempt.proxied = true;
  connection.proxyKey = key;
}
