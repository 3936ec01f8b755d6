import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

/** Every file below a folder with its contents: equal before and after = nothing was half-written. */
function snapshot(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  const visit = (at: string) => {
    for (const name of readdirSync(at).sort()) {
      const file = path.join(at, name);
      if (statSync(file).isDirectory()) visit(file);
      else files[path.relative(folder, file)] = createHash('sha256').update(readFileSync(file)).digest('hex');
    }
  };
  visit(folder);
  return files;
}

const failure = (finished: Finished) => ({
  exit: finished.code,
  code: finished.json().error?.code as string | undefined,
});

describe('bad input is refused with a code and leaves nothing half-written', () => {
  let home: Home;
  let up: Started;
  let ports: { broker: string; service: string };
  let token: string;
  let orders: string;
  const natsctl = (...args: string[]) => run(home, [...args, '--json']);
  const stores = () => path.join(home.folder, 'data', 'nats');

  beforeAll(async () => {
    home = makeHome();
    const data = path.join(home.folder, 'natsctl-data');
    const file = path.join(home.folder, 'ports.json');
    up = start(home, ['up', '--data-dir', data, '--broker-port', '-1', '--service-port', '-1', '--ports-file', file]);
    ports = await jsonFile(file, up);
    token = readFileSync(path.join(data, 'admin.token'), 'utf8').trim();
    orders = (await natsctl('account', 'create', 'orders')).json().publicKey;
    await natsctl('user', 'create', 'checkout', '--account', 'orders');
    expect((await natsctl('push', '--service', ports.service)).code).toBe(0);
  });
  afterAll(async () => {
    await up?.stop();
    home?.remove();
  });

  const refused = [
    { what: 'an unknown account', args: ['user', 'create', 'x', '--account', 'nope'], code: 'ERR_ACCOUNT_UNKNOWN' },
    { what: 'a name already taken', args: ['account', 'create', 'orders'], code: 'ERR_ACCOUNT_NAME_TAKEN' },
    {
      what: 'a name taken in another letter case',
      args: ['account', 'create', 'ORDERS'],
      code: 'ERR_ACCOUNT_NAME_TAKEN',
    },
    {
      what: 'a user name taken in another letter case',
      args: ['user', 'create', 'Checkout', '--account', 'orders'],
      code: 'ERR_USER_NAME_TAKEN',
    },
    { what: 'a name with a slash', args: ['account', 'create', 'a/b'], code: 'ERR_NAME_INVALID' },
    { what: 'a name that climbs', args: ['account', 'create', '..'], code: 'ERR_NAME_INVALID' },
    { what: 'an operator name that climbs', args: ['operator', 'create', '../evil'], code: 'ERR_NAME_INVALID' },
    {
      what: 'a user name with a backslash',
      args: ['user', 'create', 'a\\b', '--account', 'orders'],
      code: 'ERR_NAME_INVALID',
    },
    {
      what: 'a revocation of a user the store has never seen',
      args: ['user', 'revoke', 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4', '--account', 'orders'],
      code: 'ERR_USER_UNKNOWN',
    },
    {
      what: 'a revocation of an unknown name',
      args: ['user', 'revoke', 'nobody', '--account', 'orders'],
      code: 'ERR_USER_UNKNOWN',
    },
  ];
  it.each(refused)('$what: $code', async ({ args, code }) => {
    const before = snapshot(stores());
    expect(failure(await natsctl(...args))).toEqual({ exit: 1, code });
    expect(snapshot(stores())).toEqual(before);
  });

  it('a key of the wrong kind: ERR_KEY_KIND', async () => {
    const before = snapshot(stores());
    const made = await natsctl('user', 'create', 'x', '--account', 'orders', '--public-key', orders);
    expect(failure(made)).toEqual({ exit: 1, code: 'ERR_KEY_KIND' });
    expect(snapshot(stores())).toEqual(before);
  });

  it('a missing argument without a terminal: exit 2', async () => {
    const before = snapshot(stores());
    expect((await natsctl('account', 'create')).code).toBe(2);
    expect((await natsctl('user', 'create', '--account', 'orders')).code).toBe(2);
    expect((await natsctl('account', 'create', 'x', '--no-such-flag')).code).toBe(2);
    expect(snapshot(stores())).toEqual(before);
  });

  it('the service down at push: ERR_SERVICE_UNREACHABLE, and the store untouched', async () => {
    const before = snapshot(stores());
    const pushed = await natsctl('push', '--service', 'http://127.0.0.1:1');
    expect(failure(pushed)).toEqual({ exit: 1, code: 'ERR_SERVICE_UNREACHABLE' });
    expect(snapshot(stores())).toEqual(before);
  });

  it('a truncated creds file: ERR_CREDS_INVALID', async () => {
    const creds = (await natsctl('user', 'create', 'clerk', '--account', 'orders')).json().creds as string;
    const cut = path.join(home.folder, 'cut.creds');
    writeFileSync(cut, readFileSync(creds, 'utf8').slice(0, 500), { mode: 0o600 });
    const published = await natsctl('pub', 'a', 'b', '--creds', cut, '--server', ports.broker);
    expect(failure(published)).toEqual({ exit: 1, code: 'ERR_CREDS_INVALID' });
  });

  describe('a token posted to the resolver', () => {
    const post = async (id: string, body: string) => {
      const response = await fetch(`${ports.service}/jwt/v1/accounts/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/jwt', accept: 'application/problem+json' },
        body,
      });
      const text = await response.text();
      return { status: response.status, code: text.startsWith('{') ? JSON.parse(text).code : text };
    };
    const stored = async () => (await fetch(`${ports.service}/jwt/v1/accounts/${orders}`)).text();

    it('tampered: refused, the stored one stands', async () => {
      const before = await stored();
      const [head, claims, signature] = before.split('.') as [string, string, string];
      const changed = JSON.parse(Buffer.from(claims, 'base64url').toString());
      changed.nats.limits.conn = 1;
      const forged = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
      expect(await post(orders, forged)).toEqual({ status: 400, code: 'ERR_JWT_SIGNATURE' });
      expect(await stored()).toBe(before);
    });

    it('of another operator: refused', async () => {
      const other = makeHome();
      try {
        await run(other, ['operator', 'create', 'foreign', '--json']);
        const account = (await run(other, ['account', 'create', 'orders', '--json'])).json().publicKey as string;
        const raw = (await run(other, ['account', 'describe', 'orders', '--raw'])).stdout.trim();
        expect(await post(account, raw)).toEqual({ status: 403, code: 'ERR_ACCOUNT_UNTRUSTED' });
        expect((await fetch(`${ports.service}/jwt/v1/accounts/${account}`)).status).toBe(404);
      } finally {
        other.remove();
      }
    });

    it('expired: refused', async () => {
      const made = await natsctl('account', 'create', 'brief', '--expiry', '1970-01-02');
      expect(made.code, made.stdout).toBe(0);
      const raw = (await run(home, ['account', 'describe', 'brief', '--raw'])).stdout.trim();
      expect(await post(made.json().publicKey, raw)).toEqual({ status: 400, code: 'ERR_ACCOUNT_EXPIRED' });
    });

    it('under the id of another account, under no id, and no token at all: refused', async () => {
      const raw = await stored();
      const sys = (await natsctl('account', 'describe', 'SYS')).json().publicKey as string;
      expect((await post(sys, raw)).status).toBe(400);
      expect((await post('..%2f..%2fetc', raw)).status).toBe(400);
      expect((await post(orders, 'not a token')).status).toBe(400);
      expect((await post(orders, '')).status).toBe(400);
    });
  });

  describe('a revocation over REST', () => {
    const revoke = async (account: string, body: unknown, bearer = token) => {
      const response = await fetch(`${ports.service}/api/v1/accounts/${account}/revocations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, code: ((await response.json()) as { code?: string }).code };
    };
    it('of something that is no user key: refused', async () => {
      expect(await revoke(orders, { user: orders })).toEqual({ status: 400, code: 'ERR_KEY_KIND' });
      const misspelt = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF5';
      expect(await revoke(orders, { user: misspelt })).toEqual({ status: 400, code: 'ERR_KEY_INVALID' });
    });
    it('in an unknown account, or without a valid token: refused', async () => {
      const user = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
      const unknown = `A${'A'.repeat(55)}`;
      expect((await revoke(unknown, { user })).status).toBe(400);
      expect((await revoke(orders, { user }, 'not-a-token')).status).toBe(401);
      expect((await revoke(orders, { user, extra: 1 })).status).toBe(400);
    });
  });

  describe('what `up` needs and does not get', () => {
    let taken: Server;
    let port: number;
    beforeAll(async () => {
      taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      port = (taken.address() as { port: number }).port;
    });
    afterAll(() => taken?.close());
    const upWith = async (...args: string[]) => {
      const other = makeHome();
      try {
        const data = path.join(other.folder, 'd');
        return failure(await run(other, ['up', '--json', '--data-dir', data, ...args]));
      } finally {
        other.remove();
      }
    };

    it('a free service port: ERR_PORT_IN_USE', async () => {
      expect(await upWith('--service-port', String(port), '--broker-port', '-1')).toEqual({
        exit: 1,
        code: 'ERR_PORT_IN_USE',
      });
    });
    it('a free broker port: ERR_PORT_IN_USE', async () => {
      expect(await upWith('--service-port', '-1', '--broker-port', String(port))).toEqual({
        exit: 1,
        code: 'ERR_PORT_IN_USE',
      });
    });
    it.each([
      ['up', ['--broker-port', '-1'], '--service-port'],
      ['up', ['--service-port', '-1'], '--broker-port'],
      ['service start', [], '--port'],
    ])('a free port, and says with which flag to choose another: %s %s', async (command, args, flag) => {
      const other = makeHome();
      try {
        const ended = await run(other, [
          ...command.split(' '),
          '--json',
          '--data-dir',
          'd',
          ...args,
          flag,
          String(port),
        ]);
        expect(ended.json().error.hint).toContain(`with ${flag} (`);
      } finally {
        other.remove();
      }
    });
    it('a data folder it can write: ERR_DATA_DIR', async () => {
      const other = makeHome();
      try {
        mkdirSync(path.join(other.folder, 'x'));
        writeFileSync(path.join(other.folder, 'x', 'file'), '');
        const data = path.join(other.folder, 'x', 'file', 'data');
        const ended = await run(other, [
          'up',
          '--json',
          '--data-dir',
          data,
          '--service-port',
          '-1',
          '--broker-port',
          '-1',
        ]);
        expect(failure(ended)).toEqual({ exit: 1, code: 'ERR_DATA_DIR' });
        expect(readdirSync(other.folder)).toEqual(['x']);
      } finally {
        other.remove();
      }
    });
  });
});
