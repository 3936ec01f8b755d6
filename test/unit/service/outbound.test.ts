import { createServer, type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOutbound } from '../../../service/outbound/guard.js';
import { authority, hasOpenssl } from '../../certificates.js';

const HERE = ['127.0.0.0/8'];
/** Ends the connection of whoever did not ask for it, and the request with it. */
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
const at = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 });

/** A receiver on this machine; returns its port and how often somebody connected. */
async function receiver(answer: RequestListener, tls?: { cert: Buffer; key: Buffer }) {
  const seen = { connections: 0 };
  const server = tls ? https.createServer(tls, answer) : createServer(answer);
  server.on('connection', () => seen.connections++);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

describe('the way out', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '①②⑦.0.0.1',
    '0',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '0xa9fea9fe',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b:1::10.0.0.1]',
    '[2002:7f00:1::]',
    '[2002:a9fe:a9fe::1]',
    '[2001:0:7f00:1::]',
    '[2001:db8::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
  ])('does not lead to %s', async (host) => {
    const outbound = openOutbound({ allow: [] });
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}/`;
      await expect(outbound.fetch(url), url).rejects.toMatchObject({ code: 'ERR_OUTBOUND_REFUSED' });
      await expect(outbound.check(url), url).rejects.toMatchObject({ code: 'ERR_OUTBOUND_REFUSED' });
    }
  });

  it.each([
    ['ftp://example.com/'],
    ['file:///etc/passwd'],
    ['//example.com/'],
    ['https://'],
    ['https://user:secret@example.com/'],
    ['https://token@example.com/'],
    ['https://[::1%25lo]/'],
    [`https://example.com/${'x'.repeat(3_000)}`],
  ])('takes no URL like %s, and does not repeat it', async (url) => {
    const error = await openOutbound({ allow: [] })
      .fetch(url)
      .catch((refusal) => refusal);
    expect(error).toMatchObject({ code: 'ERR_OUTBOUND_URL' });
    expect(`${error.message} ${error.hint}`).not.toMatch(/secret|token|passwd/);
  });

  it('lets public addresses past, plain HTTP only to networks that were opened', async () => {
    const resolve = async () => [at('93.184.215.14'), at('2606:2800:21f:cb07:6820:80da:af6b:8b2c')];
    const outbound = openOutbound({ allow: ['10.0.0.0/8', 'fd00:1::/32'], resolve });
    await outbound.check('https://example.com/');
    await outbound.check('https://[64:ff9b::93.184.215.14]/');
    for (const host of ['10.1.2.3', '[::ffff:10.1.2.3]', '[64:ff9b::10.1.2.3]', '[fd00:1::5]']) {
      await outbound.check(`http://${host}/`);
    }
    const refused = { code: 'ERR_OUTBOUND_REFUSED' };
    await expect(outbound.check('http://example.com/')).rejects.toMatchObject(refused);
    await expect(outbound.check('https://11.0.0.1/')).resolves.toBeUndefined();
    await expect(outbound.check('https://[fd00:2::5]/')).rejects.toMatchObject(refused);
  });

  it('refuses a name if any of its addresses is closed, and does not say which', async () => {
    const outbound = openOutbound({ allow: [], resolve: async () => [at('93.184.215.14'), at('10.9.8.7')] });
    const error = await outbound.fetch('https://mixed.example/').catch((refusal) => refusal);
    expect(error).toMatchObject({ code: 'ERR_OUTBOUND_REFUSED' });
    expect(error.message).not.toContain('10.9.8.7');
  });

  it('connects to the answer it looked at: a name that leads elsewhere a moment later gains nothing', async () => {
    const { port, seen } = await receiver((_request, response) => response.end('reached'));
    let asked = 0;
    // Open network when it is looked at first, the metadata service when it is used.
    const answers = ['127.0.0.1', '169.254.169.254'];
    const outbound = openOutbound({ allow: HERE, resolve: async () => [at(answers[asked++] ?? '')] });
    const url = `http://rebinding.example:${port}/`;
    expect(await (await outbound.fetch(url)).text()).toBe('reached');
    expect(asked).toBe(1);
    await expect(outbound.fetch(url)).rejects.toMatchObject({ code: 'ERR_OUTBOUND_REFUSED' });
    expect([asked, seen.connections]).toEqual([2, 1]);
  });

  it('follows no redirect, bounds the answer and the time, and tells what failed by a code', async () => {
    const { port, seen } = await receiver((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (request.url === '/large') response.end('x'.repeat(100_000));
      else if (request.url === '/none') response.writeHead(204).end();
      else if (request.url === '/broken') response.socket?.destroy();
      else if (request.url === '/upgrade') response.socket?.write(UPGRADE);
      else if (request.url === '/slow') response.writeHead(200).write('never the end');
      else response.writeHead(200, { 'x-kept': 'yes' }).end(`${request.method} ${request.headers['accept-encoding']}`);
    });
    const outbound = openOutbound({ allow: HERE });
    const url = (path: string) => `http://127.0.0.1:${port}${path}`;
    const moved = await outbound.fetch(url('/moved'));
    expect([moved.status, moved.headers.get('location'), seen.connections]).toEqual([302, '/elsewhere', 1]);
    const plain = await outbound.fetch(url('/'), { method: 'POST', body: '{}' });
    expect([await plain.text(), plain.headers.get('x-kept')]).toEqual(['POST identity', 'yes']);
    expect((await outbound.fetch(url('/none'))).status).toBe(204);
    await expect(outbound.fetch(url('/large'), { maxBytes: 99_999 })).rejects.toMatchObject({
      code: 'ERR_OUTBOUND_TOO_LARGE',
    });
    const cut = await outbound.fetch(url('/large'), { maxBytes: 10, beyond: 'cut' });
    expect(await cut.text()).toBe('xxxxxxxxxx');
    await expect(outbound.fetch(url('/slow'), { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_OUTBOUND_TIMEOUT',
    });
    for (const path of ['/broken', '/upgrade']) {
      await expect(outbound.fetch(url(path)), path).rejects.toMatchObject({ code: 'ERR_OUTBOUND_FAILED' });
    }
    const reason = new Error('no longer wanted');
    await expect(outbound.fetch(url('/slow'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const nowhere = openOutbound({ allow: HERE, resolve: async () => [] });
    await expect(nowhere.fetch('https://gone.example/')).rejects.toMatchObject({ code: 'ERR_OUTBOUND_FAILED' });
    await nowhere.check('https://gone.example/');
  });

  it('takes no notice of a proxy of the environment', async () => {
    const proxy = await receiver((_request, response) => response.end('proxied'));
    const { port } = await receiver((_request, response) => response.end('direct'));
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : `http://127.0.0.1:${proxy.port}`;
    onTestFinished(() => {
      for (const name of names) delete process.env[name];
    });
    const answer = await openOutbound({ allow: HERE }).fetch(`http://127.0.0.1:${port}/`);
    expect([await answer.text(), proxy.seen.connections]).toEqual(['direct', 0]);
  });

  it.skipIf(!hasOpenssl)(
    'trusts well-known authorities and the one it was given, for the name that was called',
    async () => {
      const ours = authority();
      ours.issue('receiver');
      const tls = { cert: ours.read('receiver.pem'), key: ours.read('receiver.key') };
      const { port } = await receiver((_request, response) => response.end('over TLS'), tls);
      const url = `https://localhost:${port}/`;
      const resolve = async () => [at('127.0.0.1')];
      await expect(openOutbound({ allow: HERE, resolve }).fetch(url)).rejects.toMatchObject({
        code: 'ERR_OUTBOUND_FAILED',
      });
      const trusting = openOutbound({ allow: HERE, resolve, ca: String(ours.read('ca.pem')) });
      expect(await (await trusting.fetch(url)).text()).toBe('over TLS');
      await expect(trusting.fetch(`https://other.example:${port}/`)).rejects.toMatchObject({
        code: 'ERR_OUTBOUND_FAILED',
      });
    },
  );
});
