/**
 * `npm run bench -- service [--json] [--small]`: the resolver over HTTP. Rates are wall clock; "of one core" is what the
 * service's own processor time comes to, which others on the machine disturb less. `--small` is a tenth, to try the bench itself.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createClient } from '@libsql/client';
import { flood, pace } from './bench-http.mjs';
import { root, setup } from './setup.mjs';

setup();
const { signToken } = await import('../dist/claims/jwt/encode.js');
const { newAccount, newOperator } = await import('../dist/claims/jwt/new.js');
const { Seed } = await import('../dist/claims/keys/seed.js');
const { seedSigner } = await import('../dist/claims/keys/signer.js');

const SCALE = process.argv.includes('--small') ? 10 : 1;
const CONNECTIONS = 32;
const PUSHES = 10_000 / SCALE;
const READS = 150_000 / SCALE;
const STORED = 100_000 / SCALE;
const PACED_SECONDS = 5;
/** As the issue has them. */
const BARS = { gets: 15_000, unchanged: 20_000, p99Ms: 10, pushSeconds: 20, readySeconds: 3, megabytes: 300 };

const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-bench-service-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const rows = [];
  const identity = Seed.generate('operator');
  const signer = seedSigner(identity);
  const now = Math.floor(Date.now() / 1000);
  const operator = await signToken(newOperator(identity.publicKey, 'bench'), signer, { now });
  const operatorFile = path.join(folder, 'operator.json');
  writeFileSync(operatorFile, JSON.stringify({ token: operator.token, seed: identity.reveal() }), { mode: 0o600 });

  const accounts = await makeAccounts(PUSHES, signer, now);
  const dataDir = path.join(folder, 'data');
  const service = await start(dataDir, operatorFile);
  rows.push(await pushes(service, accounts));
  rows.push(...(await reads(service, accounts)));
  await service.close();
  rows.push(...(await coldStart(dataDir, identity.publicKey, await makeAccounts(STORED, signer, now))));
  report(rows);
}

async function makeAccounts(count, signer, now) {
  const accounts = [];
  for (let i = 0; i < count; i += 1) {
    const key = Seed.generate('account').publicKey;
    // One length for all, so that each answer costs the same.
    const name = `${key.slice(-6)}-${String(i).padStart(8, '0')}`;
    const { token, claims } = await signToken(newAccount(key, name), signer, { now });
    accounts.push({ key, name, token, jti: claims.jti });
  }
  return accounts;
}

async function start(dataDir, operatorFile) {
  const child = fork(path.join(root, 'scripts/bench-service-server.mjs'), [dataDir, operatorFile].filter(Boolean), {
    execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [],
  });
  const [{ url }] = await answer(child);
  const used = async () => {
    child.send('used');
    return (await answer(child))[0];
  };
  return {
    url,
    used,
    /** Seconds of the service's processor that `work` took, beside what it gives. */
    async during(work) {
      const before = (await used()).cpu;
      const result = await work();
      const { cpu } = await used();
      return { ...result, cpuSeconds: (cpu.user + cpu.system - before.user - before.system) / 1e6 };
    },
    async close() {
      child.send('close');
      await once(child, 'exit');
    },
  };
}

function answer(child) {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the service ended with ${code}`)));
  ended.catch(() => {});
  return Promise.race([once(child, 'message'), ended]);
}

async function pushes({ url, during }, accounts) {
  const { seconds, cpuSeconds } = await during(() =>
    flood(url, {
      connections: CONNECTIONS,
      total: accounts.length,
      status: [201],
      request: (i) => {
        const { key, token } = accounts[i];
        const head = `POST /jwt/v1/accounts/${key} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/jwt\r\n`;
        return `${head}Content-Length: ${token.length}\r\n\r\n${token}`;
      },
    }),
  );
  const bar = BARS.pushSeconds / SCALE;
  return {
    name: `${accounts.length} accounts pushed`,
    value: seconds,
    unit: 's',
    cpuSeconds,
    bar: `<= ${bar}`,
    ok: seconds <= bar,
  };
}

async function reads({ url, during }, accounts) {
  const get = (more) => (i) => {
    const { key, jti } = accounts[(i * 7_919) % accounts.length];
    return `GET /jwt/v1/accounts/${key} HTTP/1.1\r\nHost: bench\r\n${more(jti)}\r\n`;
  };
  const plain = get(() => '');
  const known = get((jti) => `If-None-Match: "${jti}"\r\n`);
  await flood(url, { connections: CONNECTIONS, total: READS / 5, status: [200], request: plain });
  const rows = [];
  for (const [name, request, status, bar] of [
    ['GET, 200', plain, 200, BARS.gets],
    ['GET, 304', known, 304, BARS.unchanged],
  ]) {
    const load = { connections: CONNECTIONS, total: READS, status: [status], request };
    const { seconds, cpuSeconds } = await during(() => flood(url, load));
    const rate = READS / cpuSeconds;
    const wall = Math.round(READS / seconds).toLocaleString('en-US');
    rows.push({
      name,
      value: rate,
      unit: `/s of one core (${wall} by the clock)`,
      cpuSeconds,
      bar: `>= ${bar}`,
      ok: rate >= bar,
    });
  }
  const perSecond = BARS.gets / 2;
  const { p50, p99 } = await pace(url, { connections: CONNECTIONS, perSecond, seconds: PACED_SECONDS, request: plain });
  rows.push({
    name: `p99 at ${perSecond} GET/s`,
    value: p99,
    unit: `ms (p50 ${p50.toFixed(2)})`,
    bar: `< ${BARS.p99Ms}`,
    ok: p99 < BARS.p99Ms,
  });
  return rows;
}

/** The rows are put in directly: how fast they are pushed is measured above. */
async function coldStart(dataDir, operatorKey, accounts) {
  const client = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
  const sql = `INSERT INTO "account" ("key", "operator_key", "name", "name_fold", "jwt", "jti", "iat", "created_at", "updated_at")
    VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)`;
  const line = ({ key, name, token, jti }) => [key, operatorKey, name, name.toLowerCase(), token, jti];
  await client.batch(
    accounts.map((account) => ({ sql, args: line(account) })),
    'write',
  );
  client.close();
  const before = performance.now();
  const service = await start(dataDir);
  const seconds = (performance.now() - before) / 1000;
  const { peakMegabytes } = await service.used();
  const request = ({ key }) => `GET /jwt/v1/accounts/${key} HTTP/1.1\r\nHost: bench\r\n\r\n`;
  await flood(service.url, {
    connections: CONNECTIONS,
    total: accounts.length,
    status: [200],
    request: (i) => request(accounts[i]),
  });
  const read = (await service.used()).peakMegabytes;
  await service.close();
  return [
    {
      name: `ready over ${accounts.length + PUSHES} accounts`,
      value: seconds,
      unit: 's',
      bar: `< ${BARS.readySeconds}`,
      ok: seconds < BARS.readySeconds,
    },
    {
      name: 'peak memory when ready',
      value: peakMegabytes,
      unit: `MB (${Math.round(read)} once each account was read)`,
      bar: `< ${BARS.megabytes}`,
      ok: peakMegabytes < BARS.megabytes,
    },
  ];
}

function report(rows) {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ node: process.versions.node, bars: BARS, rows }, null, 2)}\n`);
    return;
  }
  for (const { name, value, unit, cpuSeconds, bar, ok } of rows) {
    const measured = `${value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)} ${unit}`;
    const cpu = cpuSeconds === undefined ? '' : `${cpuSeconds.toFixed(1)} CPU s`;
    const cells = [name.padEnd(38), measured.padEnd(44), cpu.padEnd(12), bar.padEnd(10), ok ? 'holds' : 'MISSED'];
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}
