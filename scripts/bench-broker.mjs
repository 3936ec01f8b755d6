/**
 * `npm run bench [-- broker] [--json]`: the broker beside the newest nats-server, in turn in the same run, under the same operator-mode
 * credentials, driven by the same load generator (bench-load.mjs). Machines are noisy: read the ratios, not the absolute figures.
 * CPU is the server's own (user and system, per message or per connect), which says more than throughput where the load
 * generator shares the cores.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { readUser, signIn } from './bench-load.mjs';
import { root, setup } from './setup.mjs';

const ROUNDS = 3;
const CASES = [
  { name: '16 B, 1 publisher, 1 subscriber', size: 16, subscribers: 1, messages: 1_000_000 },
  { name: '1 KiB, 1 publisher, 1 subscriber', size: 1024, subscribers: 1, messages: 300_000 },
  { name: '16 B, 1 publisher, 8 subscribers', size: 16, subscribers: 8, messages: 200_000 },
];
const CONNECTS = 2_000;

setup();
const peers =
  process.env.NATSCTL_PEERS ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'natsctl-peers');
const natsServer = path.join(peers, 'nats-server');
if (!existsSync(natsServer)) throw new Error(`${natsServer} is needed: .ci/run installs it`);

const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-bench-'));
const env = {
  ...process.env,
  HOME: folder,
  XDG_CONFIG_HOME: path.join(folder, 'config'),
  XDG_DATA_HOME: path.join(folder, 'data'),
};
const natsctl = [process.execPath, path.join(root, 'bin/natsctl.js')];
const running = [];
try {
  await main();
} finally {
  for (const child of running.reverse()) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const at = (name) => path.join(folder, name);
  const upArgs = ['--data-dir', at('d'), '--broker-port', '-1', '--service-port', '-1', '--ports-file', at('up.json')];
  start([...natsctl, 'up', ...upArgs]);
  const { service } = await jsonFile(at('up.json'));
  const { creds } = JSON.parse(run([...natsctl, 'user', 'describe', 'demo', '--account', 'demo', '--json']));

  const broker = start([
    ...natsctl,
    'broker',
    'start',
    '--service',
    service,
    '--port',
    '-1',
    '--ports-file',
    at('broker.json'),
  ]);
  const ours = { name: 'natsctl', pid: broker.pid, url: (await jsonFile(at('broker.json'))).broker };

  run([...natsctl, 'config', 'generate', '--url', '--service', service, '--output', at('server.conf')]);
  const server = start([
    natsServer,
    '-c',
    at('server.conf'),
    '-a',
    '127.0.0.1',
    '-p',
    '-1',
    '--ports_file_dir',
    folder,
  ]);
  const ports = await jsonFile(at(`nats-server_${server.pid}.ports`));
  const theirs = { name: 'nats-server', pid: server.pid, url: ports.nats[0] };

  const rows = [];
  for (const one of CASES)
    rows.push(await compare(one.name, 'msg/s', ours, theirs, (target) => throughput(target, creds, one)));
  rows.push(await compare('JWT connect', 'connect/s', ours, theirs, (target) => connects(target, creds)));
  rows.push({
    name: 'memory after it all',
    unit: 'MiB',
    ours: rss(ours.pid),
    theirs: rss(theirs.pid),
    ratio: rss(ours.pid) / rss(theirs.pid),
  });
  report(rows);
}

/** The two in turn, round by round; the median of each and of the ratios. */
async function compare(name, unit, ours, theirs, measure) {
  const results = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    process.stderr.write(`${name}: round ${round + 1} of ${ROUNDS}\n`);
    results.push([await measure(ours), await measure(theirs)]);
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return {
    name,
    unit,
    ours: median(results.map(([a]) => a.rate)),
    theirs: median(results.map(([, b]) => b.rate)),
    ratio: median(results.map(([a, b]) => a.rate / b.rate)),
    cpuRatio: median(results.map(([a, b]) => a.cpu / b.cpu)),
  };
}

/** Publisher and subscribers in processes of their own, so that neither waits for the other nor for this one. */
async function throughput({ pid, url }, creds, { size, subscribers, messages }) {
  const load = (role, extra) =>
    fork(path.join(root, 'scripts/bench-load.mjs'), [role, url, creds, String(size), String(messages), String(extra)], {
      env,
    });
  const receiving = load('subscribe', subscribers);
  await once(receiving, 'message');
  const before = cpuSeconds(pid);
  const started = performance.now();
  const done = once(receiving, 'message');
  const sending = load('publish', 0);
  await done;
  const seconds = (performance.now() - started) / 1000;
  const cpu = (cpuSeconds(pid) - before) / messages;
  for (const child of [sending, receiving]) if (child.exitCode === null) await once(child, 'exit');
  return { rate: messages / seconds, cpu };
}

/** Each connection waits for INFO, signs its nonce, and is counted at its PONG; 16 at a time. */
async function connects({ pid, url }, creds) {
  const user = readUser(creds);
  const one = async () => (await signIn(url, user)).destroy();
  const before = cpuSeconds(pid);
  const started = performance.now();
  const lanes = Array.from({ length: 16 }, async () => {
    for (let i = 0; i < CONNECTS / 16; i += 1) await one();
  });
  await Promise.all(lanes);
  return { rate: CONNECTS / ((performance.now() - started) / 1000), cpu: (cpuSeconds(pid) - before) / CONNECTS };
}

function start([program, ...args]) {
  const child = spawn(program, args, { env, stdio: 'ignore' });
  running.push(child);
  return child;
}

function run([program, ...args]) {
  return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** What a server writes when it is ready. */
async function jsonFile(file) {
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`nothing wrote ${file} in 20 s`);
}

/** User and system time so far, of Linux's /proc (ticks of 10 ms). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rss(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

function report(rows) {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ node: process.versions.node, rounds: ROUNDS, rows }, null, 2)}\n`);
    return;
  }
  const number = (value) => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2));
  const table = rows.map((row) => [
    row.name,
    `${number(row.ours)} ${row.unit}`,
    `${number(row.theirs)} ${row.unit}`,
    row.ratio.toFixed(2),
    row.cpuRatio?.toFixed(2) ?? '',
  ]);
  const head = ['', 'natsctl', 'nats-server', 'ratio', 'CPU ratio'];
  const widths = head.map((_, column) => Math.max(...[head, ...table].map((cells) => cells[column].length)));
  for (const cells of [head, ...table])
    process.stdout.write(`${cells.map((cell, i) => cell.padEnd(widths[i])).join('  ')}\n`);
}
