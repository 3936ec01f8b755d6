import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

type PrivateKey = Parameters<SignJWT['sign']>[0];

/** An OpenID provider on loopback: discovery, keys that a test may change, and a count of who asks. */
export interface TestIssuer {
  issuer: string;
  audience: string;
  /** Paths that were asked for. */
  asked: string[];
  /** What stands at a path in place of the document itself. */
  instead: Map<string, (response: ServerResponse) => void>;
  keys: { kid: string; alg: string; privateKey: PrivateKey; jwk: object }[];
  addKey(kid: string, alg?: string): Promise<void>;
  /** A token for `sub` that is well in every way, but for what is said otherwise; an undefined claim is left out. */
  token(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>, key?: PrivateKey): Promise<string>;
  close(): Promise<void>;
}

export const DISCOVERY = '/.well-known/openid-configuration';

export async function startIssuer(
  options: { kid?: string; alg?: string; tls?: { cert: Buffer; key: Buffer } } = {},
): Promise<TestIssuer> {
  const { kid = 'first', alg = 'ES256', tls } = options;
  const [asked, instead, keys] = [[] as string[], new Map<string, (response: ServerResponse) => void>(), []];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const at = request.url ?? '';
    asked.push(at);
    const documents: Record<string, unknown> = {
      [DISCOVERY]: { issuer: made.issuer, jwks_uri: `${made.issuer}/keys` },
      '/keys': { keys: made.keys.map(({ jwk }) => jwk) },
    };
    const other = instead.get(at);
    if (other) other(response);
    else if (at in documents) response.end(JSON.stringify(documents[at]));
    else response.writeHead(404).end();
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const made: TestIssuer = {
    issuer: `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    audience: 'natsctl',
    asked,
    instead,
    keys,
    async addKey(name, algorithm = alg) {
      const pair = await generateKeyPair(algorithm, { extractable: true });
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: name, alg: algorithm, use: 'sig' };
      made.keys.push({ kid: name, alg: algorithm, privateKey: pair.privateKey, jwk });
    },
    async token(claims = {}, header = {}, key) {
      const known = made.keys.find((one) => one.kid === header.kid) ?? made.keys[0];
      if (!known) throw new Error('the issuer has no key');
      const now = Math.floor(Date.now() / 1_000);
      const said = { iss: made.issuer, aud: made.audience, sub: 'ada', iat: now, exp: now + 300, ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(said)))
        .setProtectedHeader({ alg: known.alg, kid: known.kid, typ: 'JWT', ...header })
        .sign(key ?? known.privateKey);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  await made.addKey(kid);
  onTestFinished(async () => {
    if (server.listening) await made.close();
  });
  return made;
}
