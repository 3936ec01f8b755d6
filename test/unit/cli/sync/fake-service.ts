import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { droppedRevocations } from '../../../../claims/account/revocation.js';
import { decodeAs } from '../../../../claims/jwt/decode.js';

export interface FakeService {
  url: string;
  /** What it holds, by account key; tests change it as other writers would. */
  accounts: Map<string, string>;
  operator: string | null;
  /** As nats-account-server does, and ours does not. */
  keepsActivations: boolean;
  activations: string[];
  /** Method, path and condition of each request. */
  requests: string[];
  /** The Authorization header of each. */
  authorizations: string[];
  /** Answers the next push only after storing it, by breaking the connection. */
  loseNextAnswer: boolean;
}

/** The resolver's rules on pushes, in their order, over a Map. The real service has its own tests. */
export async function startFakeService(): Promise<FakeService> {
  const service: FakeService = {
    url: '',
    accounts: new Map(),
    operator: null,
    keepsActivations: false,
    activations: [],
    requests: [],
    authorizations: [],
    loseNextAnswer: false,
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const match = request.headers['if-match'] ?? request.headers['if-none-match'] ?? '';
    service.requests.push(`${request.method} ${path} ${match}`.trim());
    service.authorizations.push(request.headers.authorization ?? '');
    const answer = (status: number, body: string, type = 'application/jwt') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    const problem = (status: number, code: string, detail: string) =>
      answer(status, JSON.stringify({ status, code, detail }), 'application/problem+json');

    if (path === '/jwt/v1/accounts/') return answer(200, '');
    if (path.endsWith('/operator')) return service.operator ? answer(200, service.operator) : answer(404, 'none');
    if (path === '/jwt/v1/activations' && service.keepsActivations) {
      service.activations.push(await bodyOf(request));
      return answer(200, 'ok');
    }
    if (!path.startsWith('/jwt/v1/accounts/')) return answer(404, 'none');
    const id = path.replace('/jwt/v1/accounts/', '');
    const held = service.accounts.get(id);
    if (request.method === 'GET') return held ? answer(200, held) : answer(404, 'none');

    const token = await bodyOf(request);
    const { claims } = decodeAs('account', token);
    const before = held === undefined ? null : decodeAs('account', held).claims;
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== `"${before?.jti}"`) return problem(412, 'ERR_PRECONDITION', 'pull first');
    if (request.headers['if-none-match'] === '*' && before) return problem(412, 'ERR_PRECONDITION', 'pull first');
    if (token === held) return answer(200, 'jwt unchanged', 'text/plain');
    if (before && droppedRevocations(before.nats.revocations, claims.nats.revocations).length > 0) {
      return problem(409, 'ERR_REVOCATION_DROPPED', 'it would bring a revoked user back: pull first');
    }
    service.accounts.set(id, token);
    if (service.loseNextAnswer) {
      service.loseNextAnswer = false;
      return response.destroy();
    }
    return answer(before ? 200 : 201, before ? 'jwt updated' : 'jwt created', 'text/plain');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return service;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
