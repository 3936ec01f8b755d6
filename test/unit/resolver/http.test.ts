import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newAccount } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { fetchAccount, fetchOperator, probe, pushAccount } from '../../../resolver/http.js';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ID = Seed.generate('account').publicKey;

describe('fetching', () => {
  it('gives the token as it came, without white space at its end, and its ETag', async () => {
    const asked: string[] = [];
    const base = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.setHeader('etag', '"JTI"').end('a.b.c\n');
    });
    expect(await fetchAccount(base, ID)).toEqual({ token: 'a.b.c', etag: 'JTI' });
    expect(await fetchOperator(base)).toEqual({ token: 'a.b.c', etag: 'JTI' });
    expect(asked).toEqual([`GET /jwt/v1/accounts/${ID}`, 'GET /jwt/v1/operator']);
  });

  it('gives null for what the resolver does not know', async () => {
    const base = await serve((_request, response) => response.writeHead(404).end('no matching account JWT'));
    expect(await fetchAccount(base, ID)).toBeNull();
  });

  it.each([
    ['a failure', 500, 'broken', 'ERR_RESOLVER_ANSWER'],
    ['no token', 200, '', 'ERR_RESOLVER_ANSWER'],
    ['more than a token can have', 200, 'x'.repeat(2 << 20), 'ERR_RESOLVER_TOO_LARGE'],
  ])('refuses an answer that is %s', async (_what, status, body, code) => {
    const base = await serve((_request, response) => response.writeHead(status).end(body));
    await expect(fetchAccount(base, ID)).rejects.toMatchObject({ code });
  });

  it('says when nobody listens, when nobody answers, and when the answer never ends', async () => {
    await expect(fetchAccount('http://127.0.0.1:1', ID)).rejects.toMatchObject({ code: 'ERR_RESOLVER_UNREACHABLE' });
    const silent = await serve(() => {});
    await expect(probe(silent, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_RESOLVER_TIMEOUT' });
    const endless = await serve((_request, response) => void response.write('a.b'));
    await expect(fetchAccount(endless, ID, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_RESOLVER_TIMEOUT' });
  });

  it('takes no web page for an answer', async () => {
    const portal = await serve((_request, response) =>
      response.setHeader('content-type', 'text/html; charset=utf-8').end('<html>Please log in</html>'),
    );
    await expect(probe(portal)).rejects.toMatchObject({ code: 'ERR_RESOLVER_ANSWER' });
    await expect(fetchAccount(portal, ID)).rejects.toMatchObject({ code: 'ERR_RESOLVER_ANSWER' });
    const operator = seedSigner(Seed.generate('operator'));
    const { token } = await signClaims(newAccount(ID, 'orders'), operator, { now: 1_700_000_000 });
    await expect(pushAccount(portal, token)).rejects.toMatchObject({ code: 'ERR_RESOLVER_ANSWER' });
  });

  it('stops when its caller does', async () => {
    const silent = await serve(() => {});
    const stop = new AbortController();
    const asked = fetchAccount(silent, ID, { signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toThrow(/abort/i);
  });

  it('follows a redirect on the same host, and none to another', async () => {
    const base = await serve((request, response) => {
      if (request.url?.endsWith('/moved')) response.end('a.b.c');
      else response.writeHead(302, { location: '/moved' }).end();
    });
    expect(await fetchAccount(base, ID)).toMatchObject({ token: 'a.b.c' });
    const away = await serve((_request, response) => response.writeHead(302, { location: `${base}/moved` }).end());
    await expect(fetchAccount(away, ID)).rejects.toMatchObject({ code: 'ERR_RESOLVER_REDIRECT' });
    const loop = await serve((request, response) => response.writeHead(302, { location: `${request.url}x` }).end());
    await expect(fetchAccount(loop, ID)).rejects.toMatchObject({ code: 'ERR_RESOLVER_REDIRECT' });
  });
});

describe('pushing', async () => {
  const operator = seedSigner(Seed.generate('operator'));
  const { token } = await signClaims(newAccount(ID, 'a'), operator, { now: 1_700_000_000 });
  const text = async (request: IncomingMessage) => Buffer.concat(await request.toArray()).toString();

  it('sends the bare token under its own id, and what it was made from', async () => {
    let got: object = {};
    const base = await serve(async (request, response) => {
      const { 'content-type': type, 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
      got = { line: `${request.method} ${request.url}`, type, ifMatch, ifNoneMatch, body: await text(request) };
      response.writeHead(201, { etag: '"NEW"' }).end('jwt created\n');
    });
    expect(await pushAccount(base, token, { ifMatch: 'OLD' })).toEqual({
      status: 'created',
      message: 'jwt created',
      etag: 'NEW',
    });
    const line = `POST /jwt/v1/accounts/${ID}`;
    expect(got).toEqual({ line, type: 'application/jwt', ifMatch: '"OLD"', ifNoneMatch: undefined, body: token });
    await pushAccount(base, token, { ifNoneMatch: '*' });
    expect(got).toMatchObject({ ifMatch: undefined, ifNoneMatch: '*' });
  });

  it.each([
    [200, 'text/plain', 'jwt updated\n', { status: 'updated', message: 'jwt updated' }],
    [200, 'text/plain', 'jwt unchanged\n', { status: 'unchanged', message: 'jwt unchanged' }],
    [200, 'text/plain', '', { status: 'updated', message: 'jwt updated' }],
    [202, 'text/plain', 'wait\n', { status: 'pending', message: 'wait' }],
    [409, 'text/plain', 'newer\nmore\n', { status: 'refused', httpStatus: 409, message: 'newer' }],
    [
      412,
      'application/problem+json',
      '{"code":"ERR_PUSH_PRECONDITION","detail":"changed","hint":"pull first"}',
      { status: 'refused', httpStatus: 412, message: 'changed', code: 'ERR_PUSH_PRECONDITION', hint: 'pull first' },
    ],
    [400, 'application/json', '[not json', { status: 'refused', httpStatus: 400, message: '[not json' }],
    [503, 'application/json', 'null', { status: 'refused', httpStatus: 503, message: 'null' }],
  ])('reads the answer %i %s %j', async (status, type, body, result) => {
    const base = await serve((_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
    expect(await pushAccount(base, token)).toEqual(result);
  });

  it('does not follow a redirect', async () => {
    const base = await serve((_request, response) => response.writeHead(307, { location: '/other' }).end());
    await expect(pushAccount(base, token)).rejects.toMatchObject({ code: 'ERR_RESOLVER_REDIRECT' });
  });
});
