import { createHmac, createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';

export interface Call {
  headers: IncomingHttpHeaders;
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: the payload is what each test asserts.
  json: any;
  id: string;
  /** Answers it; until then the sender waits. */
  answer(status: number, body?: string, headers?: Record<string, string>): void;
}

export interface Receiver {
  url: string;
  /** Every call so far. */
  calls: Call[];
  /** The next call that was not asked for yet. */
  next(): Promise<Call>;
}

/** A receiver of webhooks on this machine. Calls are answered 204 unless `hold` leaves that to the test. */
export async function receiver(o: { hold?: boolean; tls?: { cert: Buffer; key: Buffer } } = {}): Promise<Receiver> {
  const calls: Call[] = [];
  const waiting: ((call: Call) => void)[] = [];
  let taken = 0;
  const server = o.tls ? https.createServer(o.tls) : createServer();
  server.on('request', async (request, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const call: Call = {
      headers: request.headers,
      body,
      json: JSON.parse(body),
      id: String(request.headers['webhook-id']),
      answer: (status, text = '', headers = {}) => void response.writeHead(status, headers).end(text),
    };
    calls.push(call);
    if (!o.hold) call.answer(204);
    const first = waiting.shift();
    if (first) {
      taken++;
      first(call);
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${o.tls ? 'https' : 'http'}://127.0.0.1:${port}/hook?key=PASSWORD-OF-THE-RECEIVER`,
    calls,
    next: async () => {
      const call = calls[taken];
      if (!call) return new Promise((resolve) => waiting.push(resolve));
      taken++;
      return call;
    },
  };
}

/** Verifies as the specification tells receivers to, by nothing of the service: any one signature of the header is enough. */
export function verifies({ headers, body }: Call, key: string): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(300);
  const given = String(headers['webhook-signature']).split(' ');
  if (key.startsWith('whsec_')) {
    const secret = Buffer.from(key.slice('whsec_'.length), 'base64');
    return given.includes(`v1,${createHmac('sha256', secret).update(content).digest('base64')}`);
  }
  const raw = Buffer.from(key.slice('whpk_'.length), 'base64');
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return given
    .filter((one) => one.startsWith('v1a,'))
    .some((one) => verify(null, Buffer.from(content), publicKey, Buffer.from(one.slice(4), 'base64')));
}
