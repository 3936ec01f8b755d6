/**
 * `npm run bench -- cli [--json] [--small]`: how long commands take, beside `node -e 0` and, for users, nsc. Wall time of the
 * program as a person starts it, and its peak memory. `--small` is a tenth of it, to try the bench itself.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root, setup } from './setup.mjs';

const SCALE = process.argv.includes('--small') ? 10 : 1;
const STARTS = 15;
const BULK_USERS = 10_000 / SCALE;
const NSC_USERS = 20;
const ACCOUNTS = 1_000 / SCALE;
const USERS = 50_000 / SCALE;
/** As the issue has them. */
const BARS = { startMs: 60, usersPerSecond: 3_000, seconds: 3, megabytes: 512 };

setup();
const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-bench-cli-'));
const env = { PATH: process.env.PATH, HOME: folder };
const natsctl = path.join(root, 'bin/natsctl.js');
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const rows = [];
  await command(['operator', 'create', 'acme']);
  await command(['account', 'create', 'bulk']);
  rows.push(await start());
  rows.push(await bulk());
  rows.push(await nsc());
  await largeStore();
  for (const words of [
    ['validate'],
    ['validate', '(again)'],
    ['account', 'list'],
    ['user', 'list', '-a', 'a0'],
    ['push', '--dry-run'],
  ]) {
    rows.push(await overLargeStore(words));
  }
  report(rows.filter(Boolean));
}

/** The two in turn; the medians. */
async function start() {
  const bare = [];
  const described = [];
  for (let round = 0; round < STARTS; round += 1) {
    bare.push((await measure(['-e', '0'])).seconds);
    described.push((await command(['account', 'describe', 'bulk'])).seconds);
  }
  const ms = (median(described) - median(bare)) * 1000;
  return {
    name: 'account describe',
    value: ms,
    unit: 'ms more than node -e 0',
    bar: `<= ${BARS.startMs}`,
    ok: ms <= BARS.startMs,
  };
}

async function bulk() {
  const list = path.join(folder, 'users.csv');
  writeFileSync(
    list,
    `name,allow_pub,tags\n${numbers(BULK_USERS, (i) => `u${i},"orders.${i}.>,all.>",site-${i % 10}`)}\n`,
  );
  const { seconds, megabytes, cpuSeconds } = await command(['user', 'create', '--from', list, '--account', 'bulk']);
  const rate = BULK_USERS / seconds;
  return {
    name: `user create --from, ${BULK_USERS} users`,
    value: rate,
    unit: 'users/s',
    megabytes,
    cpuSeconds,
    bar: `>= ${BARS.usersPerSecond}`,
    ok: rate >= BARS.usersPerSecond,
  };
}

/** What people do today: nsc once for each. */
async function nsc() {
  const peers =
    process.env.NATSCTL_PEERS ??
    path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'natsctl-peers');
  const program = path.join(peers, 'nsc');
  if (!existsSync(program)) return null;
  const run = (...args) => execFileSync(program, args, { env: { ...env, NSC_NO_GIT_IGNORE: '1' }, stdio: 'ignore' });
  const before = performance.now();
  for (let i = 0; i < NSC_USERS; i += 1) run('add', 'user', `nsc${i}`, '-a', 'bulk');
  return {
    name: 'nsc add user, one by one',
    value: NSC_USERS / ((performance.now() - before) / 1000),
    unit: 'users/s',
  };
}

async function largeStore() {
  process.stderr.write(`making ${ACCOUNTS} accounts and ${USERS} users\n`);
  const { createAccount } = await import('../dist/cli/account/create.js');
  const { openWorkspace } = await import('../dist/cli/workspace.js');
  const { createOperator } = await import('../dist/cli/operator/create.js');
  const { resolvePaths } = await import('../dist/cli/store/paths.js');
  const home = path.join(folder, 'large');
  mkdirSync(home);
  const settings = { env: {}, home, cwd: folder };
  const now = Math.floor(Date.now() / 1000);
  await createOperator(
    resolvePaths(settings),
    { name: 'large', signingKey: true, requireSigningKeys: false, serviceUrls: [] },
    now,
  );
  const workspace = await openWorkspace(settings, { now });
  for (let i = 0; i < ACCOUNTS; i += 1) await createAccount(workspace, { name: `a${i}` });
  const list = path.join(folder, 'large.csv');
  writeFileSync(
    list,
    `name,account,allow_pub,expiry\n${numbers(USERS, (i) => `u${i},a${i % ACCOUNTS},orders.>,30d`)}\n`,
  );
  await command(['user', 'create', '--from', list], { HOME: home });
}

async function overLargeStore(words) {
  const args = words.filter((word) => !word.startsWith('('));
  const name = `${words.join(' ')}, ${ACCOUNTS} accounts, ${USERS} users`;
  if (args.includes('--dry-run') && !hasFlag(args[0], 'dry-run'))
    return { name, note: `${args[0]} has no --dry-run yet` };
  const { seconds, megabytes, cpuSeconds } = await command(args, { HOME: path.join(folder, 'large') }, true);
  const ok = seconds < BARS.seconds && megabytes < BARS.megabytes;
  return {
    name,
    value: seconds,
    unit: 's',
    megabytes,
    cpuSeconds,
    bar: `< ${BARS.seconds} s, ${BARS.megabytes} MB`,
    ok,
  };
}

function hasFlag(command, flag) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8'));
  return Object.hasOwn(manifest.commands[command].flags, flag);
}

function command(args, more = {}, mayFail = false) {
  return measure([natsctl, ...args], more, mayFail);
}

/** Wall time, and what the program itself says at its end of memory and of processor time, which others on the machine disturb less. */
async function measure(args, more = {}, mayFail = false) {
  const peak = path.join(folder, 'peak');
  rmSync(peak, { force: true });
  const tell = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, JSON.stringify(process.resourceUsage())))`;
  const memory = args[0] === natsctl ? ['--require', preload(tell)] : [];
  const before = performance.now();
  const child = spawn(process.execPath, [...memory, ...args], {
    env: { ...env, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - before) / 1000;
  if (code !== 0 && !mayFail) throw new Error(`natsctl ${args.slice(1).join(' ')} ended with ${code}: ${said}`);
  if (!existsSync(peak)) return { seconds };
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(peak, 'utf8'));
  return { seconds, megabytes: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 };
}

function preload(code) {
  const file = path.join(folder, 'peak.cjs');
  writeFileSync(file, code);
  return file;
}

function numbers(count, line) {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function report(rows) {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ node: process.versions.node, bars: BARS, rows }, null, 2)}\n`);
    return;
  }
  const number = (value) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));
  const head = ['', 'measured', 'CPU s', 'peak MB', 'bar', ''];
  const table = rows.map(({ name, value, unit, cpuSeconds, megabytes, bar, ok, note }) => [
    name,
    note ?? `${number(value)} ${unit}`,
    cpuSeconds === undefined ? '' : cpuSeconds.toFixed(1),
    megabytes === undefined ? '' : String(Math.round(megabytes)),
    bar ?? '',
    ok === undefined ? '' : ok ? 'holds' : 'MISSED',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...table].map((cells) => cells[column].length)));
  for (const cells of [head, ...table])
    process.stdout.write(
      `${cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd()}\n`,
    );
}
