/**
 * NOT Vault and not OpenBao: a few routes of their Transit engine (keys, encrypt, decrypt, sign) over HTTP, with real AES-256-GCM and
 * Ed25519, so that a test can make it lie, hang or fail. What a real OpenBao does is tested in test/interop/openbao.test.ts.
 */
import { createCipheriv, createDecipheriv, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TransitServer {
  url: string;
  token: string;
  /** `METHOD /path` of every request. */
  requests: string[];
  /** Headers of the newest request. */
  headers: http.IncomingHttpHeaders;
  addKey(name: string, type: 'ed25519' | 'aes256-gcm96'): void;
  rotate(name: string): void;
  /** What it answers instead, from now on; undefined = the truth. */
  lie: ((truth: Truth) => Lie | Promise<Lie>) | undefined;
}
export interface Truth {
  operation: string;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
  data: any;
}
export type Lie =
  | { status?: number; data?: unknown; body?: string; headers?: http.OutgoingHttpHeaders }
  | ((response: http.ServerResponse) => void);

interface TransitKey {
  type: string;
  versions: (KeyObject | Buffer)[];
}

export async function startTransit(): Promise<TransitServer> {
  const keys = new Map<string, TransitKey>();
  const server = http.createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://transit').pathname;
    self.requests.push(`${request.method} ${path}`);
    self.headers = request.headers;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const [, , , operation = '', name = ''] = path.split('/');
    const allowed = request.headers['x-vault-token'] === self.token;
    const truth = allowed
      ? answer(keys, operation, name, text ? JSON.parse(text) : {})
      : refused(403, 'permission denied');
    const lie = await self.lie?.({ operation, ...truth });
    if (typeof lie === 'function') return lie(response);
    const body = lie?.body ?? JSON.stringify(lie && 'data' in lie ? { data: lie.data } : truth.body);
    response.writeHead(lie?.status ?? truth.status, { 'content-type': 'application/json', ...lie?.headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const self: TransitServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: `s.${randomBytes(16).toString('hex')}`,
    requests: [],
    headers: {},
    addKey(name, type) {
      keys.set(name, { type, versions: [] });
      this.rotate(name);
    },
    rotate(name) {
      const key = keys.get(name);
      key?.versions.push(key.type === 'ed25519' ? generateKeyPairSync('ed25519').privateKey : randomBytes(32));
    },
    lie: undefined,
  };
  return self;
}

function refused(status: number, why: string) {
  return { status, data: undefined, body: { errors: [why] } };
}

function answer(keys: Map<string, TransitKey>, operation: string, name: string, body: Record<string, string | number>) {
  const key = keys.get(name);
  if (!key) return refused(404, 'no such key');
  const data = operations[operation]?.(key, body);
  return data ? { status: 200, data, body: { data } } : refused(400, 'cipher: message authentication failed');
}

const operations: Record<string, (key: TransitKey, body: Record<string, string | number>) => unknown> = {
  keys: ({ type, versions }) => {
    const shown = versions.map((version, index) => [
      index + 1,
      type === 'ed25519' ? publicPart(version) : 1_700_000_000,
    ]);
    return { type, derived: false, latest_version: versions.length, keys: Object.fromEntries(shown) };
  },
  encrypt({ versions }, { plaintext }) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', versions.at(-1) as Buffer, nonce);
    const sealed = [nonce, cipher.update(String(plaintext), 'base64'), cipher.final(), cipher.getAuthTag()];
    return { ciphertext: `vault:v${versions.length}:${Buffer.concat(sealed).toString('base64')}` };
  },
  decrypt({ versions }, { ciphertext }) {
    const [, version = '', text = ''] = String(ciphertext).split(':');
    try {
      const bytes = Buffer.from(text, 'base64');
      const key = versions[Number(version.slice(1)) - 1] as Buffer;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(-16));
      const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return { plaintext: plain.toString('base64') };
    } catch {
      return null;
    }
  },
  sign({ versions }, { input, key_version: version }) {
    const key = versions[Number(version) - 1] as KeyObject | undefined;
    if (!key) return null;
    const signature = sign(null, Buffer.from(String(input), 'base64'), key).toString('base64');
    return { signature: `vault:v${version}:${signature}` };
  },
};

function publicPart(key: KeyObject | Buffer): unknown {
  const { d: _, x } = (key as KeyObject).export({ format: 'jwk' });
  return { name: 'ed25519', public_key: Buffer.from(x ?? '', 'base64url').toString('base64') };
}
