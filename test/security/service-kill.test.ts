/** kill -9 of the real service while it writes: what was acknowledged is there, and what it had still to announce is announced. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { decodeAs } from '../../claims/jwt/decode.js';
import { Seed } from '../../claims/keys/seed.js';
import { jsonFile, makeHome, start } from '../e2e/harness.js';
import { peer } from '../peers.js';
import { startPostgres } from '../postgres.js';
import { makeOperator, type Reply, send } from '../unit/service/service.js';
import { fullServer, userCreds } from '../unit/service/system.js';

const natsServer = peer('nats-server');
const postgres = peer('postgres');
/** 200 writes where most services run, fewer where they take longer. */
const DATABASES = [
  { database: 'libSQL', rounds: 4, there: true },
  { database: 'PostgreSQL', rounds: 1, there: postgres !== undefined },
].filter(({ there }) => there && natsServer !== undefined);
const WRITES = 50;
const AT_ONCE = 4;

interface Write {
  path: string;
  body: Record<string, unknown>;
  key: string;
  /** What was answered; undefined where the service was gone before. */
  answer?: Reply;
}

/** Numbers that are the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it.each(DATABASES)(
  'a service on $database that is killed while it writes loses nothing that it acknowledged, and announces what is left',
  { timeout: 180_000 },
  async ({ database, rounds }) => {
    const home = makeHome();
    onTestFinished(() => home.remove());
    const dataDir = path.join(home.folder, 'service');
    const random = numbers(20_260);
    let starts = 0;
    let where: string[] = [];
    if (database === 'PostgreSQL') {
      const server = await startPostgres(postgres ?? '');
      onTestFinished(() => server.stop());
      const file = path.join(home.folder, 'database-url');
      writeFileSync(file, await server.createDatabase('killed'), { mode: 0o600 });
      where = ['--database-url-file', file];
    }

    const serve = async () => {
      const ports = path.join(home.folder, `ports-${starts++}.json`);
      const args = ['--data-dir', dataDir, '--port', '-1', '--ports-file', ports, '--log-level', 'error', ...where];
      const started = start(home, ['service', 'start', ...args]);
      onTestFinished(async () => void (await started.stop('SIGKILL')));
      const { service: url } = await jsonFile<{ service: string }>(ports, started, 60_000);
      const token = readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim();
      const api = (method: string, at: string, body?: unknown, headers: Record<string, string> = {}) =>
        send(`${url}/api/v1${at}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
      return { ...started, api };
    };
    type Serving = Awaited<ReturnType<typeof serve>>;

    const ask = async ({ api }: Serving, write: Write) => {
      write.answer = await api('POST', write.path, write.body, { 'idempotency-key': write.key });
    };

    /** Writes until the service is killed, at some moment after so many answers. */
    const writeAndKill = async (service: Serving, writes: Write[]) => {
      const after = Math.floor(random() * (WRITES - 2 * AT_ONCE)) + AT_ONCE;
      const delay = random() * 20;
      const queue = [...writes];
      let answered = 0;
      let killed: Promise<unknown> | undefined;
      const work = async () => {
        for (let next = queue.shift(); next && !killed; next = queue.shift()) {
          await ask(service, next).catch(() => {});
          if (next.answer && ++answered === after) killed = sleep(delay).then(() => service.stop('SIGKILL'));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(await killed).toBe('SIGKILL');
    };

    const operator = await makeOperator();
    // A system that is away while the service writes: everything is still to be announced at the end.
    const away = await fullServer(natsServer ?? '', operator);
    await away.stop();
    let service = await serve();
    const jwt = { jwt: operator.token, signingKey: operator.signing.reveal(), accounts: [operator.systemToken] };
    expect((await service.api('POST', '/operators', jwt)).status).toBe(201);
    const { creds } = await userCreds(operator.system, 'service');
    const link = { servers: [`nats://127.0.0.1:${away.port}`], creds };
    expect((await service.api('POST', '/links', link)).status).toBe(201);
    const shop = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;

    const all: Write[] = [];
    for (let round = 0; round < rounds; round++) {
      const writes = Array.from({ length: WRITES }, (_, n): Write => {
        const key = `${round}-${n}`;
        const user = Seed.generate('user').publicKey;
        if (n % 5 === 4) return { path: `/accounts/${shop}/revocations`, body: { user }, key };
        if (n % 2 === 0) return { path: '/accounts', body: { name: `account-${key}` }, key };
        return { path: `/accounts/${shop}/users`, body: { name: `user-${key}`, publicKey: user }, key };
      });
      await writeAndKill(service, writes);
      service = await serve();
      // Sent again under their keys, those that nobody answered are made once, whether they had been made or not.
      for (const write of writes.filter(({ answer }) => !answer)) {
        await ask(service, write);
        if (write.answer?.status === 201) continue;
        expect(write.answer?.json).toMatchObject({ status: 409, code: 'ERR_IDEMPOTENCY_DONE' });
      }
      all.push(...writes);
    }

    expect(all).toHaveLength(rounds * WRITES);
    const { api } = service;
    const names = async (at: string) => {
      const { items } = (await api('GET', `${at}?limit=1000`)).json as { items: { name: string }[] };
      return items.map(({ name }) => name).sort();
    };
    const wanted = (at: string) => all.filter((write) => write.path === at).map(({ body }) => String(body.name));
    expect(await names('/accounts')).toEqual(['SYS', 'shop', ...wanted('/accounts')].sort());
    expect(await names(`/accounts/${shop}/users`)).toEqual(wanted(`/accounts/${shop}/users`).sort());
    const { claims } = decodeAs('account', (await api('GET', `/accounts/${shop}`)).json.jwt);
    const revoked = all.filter(({ path: at }) => at.endsWith('/revocations')).map(({ body }) => String(body.user));
    expect([...claims.nats.revocations.keys()].sort()).toEqual(revoked.sort());
    expect((await api('POST', '/audit/verify', {})).json).toMatchObject({ whole: true, faults: [] });

    const left = (await api('GET', '/links')).json.items[0].pending;
    expect(left).toBe((await names('/accounts')).length);
    const server = await fullServer(natsServer ?? '', operator, { port: away.port });
    await expect
      .poll(async () => (await api('GET', '/links')).json.items[0], { timeout: 30_000, interval: 200 })
      .toMatchObject({ connected: true, pending: 0 });
    for (const { publicKey } of (await api('GET', '/accounts?limit=1000')).json.items as { publicKey: string }[]) {
      expect(await server.held(publicKey)).toBe((await api('GET', `/accounts/${publicKey}`)).json.jwt);
    }
    expect(await service.stop('SIGTERM')).toBe(0);
  },
);
