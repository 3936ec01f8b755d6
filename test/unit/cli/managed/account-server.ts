import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newOperator } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../../claims/types.js';
import { NOW } from '../temp.js';

/** What somebody else runs: an operator and the account server that signs what its tenants push. */
export interface AccountServer {
  url: string;
  operator: Seed;
  signingKey: Seed;
  operatorToken: string;
  accounts: Map<string, string>;
  requests: string[];
  /** What it does with the next pushes. */
  mode: 'sign' | 'later' | 'refuse' | 'store';
  /** Changed in each account that it signs. */
  sets: (claims: AccountClaims) => AccountClaims;
}

/** It verifies what it is given (a good signature, by the account itself), and signs it again with its operator's key. */
export async function startAccountServer(
  options: { now?: number; serverUrl?: (url: string) => string | undefined } = {},
): Promise<AccountServer> {
  const now = options.now ?? NOW;
  const [operator, signingKey] = [Seed.generate('operator'), Seed.generate('operator')];
  const state: AccountServer = {
    url: '',
    operator,
    signingKey,
    operatorToken: '',
    accounts: new Map(),
    requests: [],
    mode: 'sign',
    sets: (claims) => claims,
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    state.requests.push(`${request.method} ${path}`);
    const answer = (status: number, body: string) => response.writeHead(status).end(body);
    if (path === '/jwt/v1/accounts/') return answer(200, '');
    if (path === '/jwt/v1/operator') return answer(200, state.operatorToken);
    const id = path.replace('/jwt/v1/accounts/', '');
    if (request.method === 'GET') {
      const held = state.accounts.get(id);
      return held ? answer(200, held) : answer(404, 'none');
    }
    const token = await bodyOf(request);
    const { claims } = decodeAs('account', token);
    const own = [claims.sub, ...claims.nats.signing_keys.keys()];
    if (id !== claims.sub || !own.includes(claims.iss)) return answer(400, 'not signed by the account itself');
    if (state.mode === 'refuse') return answer(403, 'no contract with this account');
    if (state.mode === 'later') return answer(202, 'will be signed');
    const signed =
      state.mode === 'store'
        ? token
        : (
            await signClaims<AccountClaims>(state.sets(claims), seedSigner(state.signingKey), {
              now,
              after: claims.iat,
            })
          ).token;
    state.accounts.set(id, signed);
    return answer(200, 'jwt updated');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwt/v1`;
  const claims = newOperator(operator.publicKey, 'cloud');
  claims.nats.signing_keys = [signingKey.publicKey];
  const serverUrl = (options.serverUrl ?? ((url) => url))(state.url);
  if (serverUrl !== undefined) claims.nats.account_server_url = serverUrl;
  state.operatorToken = (await signClaims(claims, seedSigner(operator), { now })).token;
  return state;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
