import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonFile, makeHome, run, start } from './harness.js';

let folder: string;
let files: string[];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'natsctl-package-'));
  const pack = ['pack', '--json', '--pack-destination', folder];
  const text = execFileSync('npm', pack, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const packed = JSON.parse(text) as {
    filename: string;
    files: { path: string }[];
  }[];
  files = packed.flatMap((one) => one.files.map((file) => file.path));
  execFileSync('tar', ['-xzf', path.join(folder, packed[0]?.filename ?? ''), '-C', folder]);
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'), 'junction');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the package holds what runs, and nothing else', () => {
  const kinds = [
    /^dist\/bundle\/.+\.js$/,
    /^dist\/(?:broker|claims)\/.+\.d\.ts$/,
    /^prisma\/migrations(?:-postgres)?\/.+\/migration\.sql$/,
  ];
  for (const kind of kinds) expect(files.some((file) => kind.test(file))).toBe(true);
  const others = files.filter((file) => !kinds.some((kind) => kind.test(file))).sort();
  expect(others).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin/natsctl.js',
    'dist/bundle/commands.json',
    'dist/bundle/shared/oclif.cjs',
    'dist/bundle/shared/oclif.cjs.v8',
    'oclif.manifest.json',
    'package.json',
    'prisma/migrations-postgres/migration_lock.toml',
    'prisma/migrations/migration_lock.toml',
  ]);
});

it('is a broker to embed, with its types', async () => {
  const project = path.join(folder, 'embedding');
  mkdirSync(path.join(project, 'node_modules'), { recursive: true });
  symlinkSync(path.join(folder, 'package'), path.join(project, 'node_modules/natsctl'), 'junction');
  writeFileSync(path.join(project, 'package.json'), '{"type":"module"}');
  writeFileSync(
    path.join(project, 'embed.ts'),
    `import { type BrokerOptions, startBroker } from 'natsctl/broker';
     const options: BrokerOptions = { port: -1 };
     const broker = await startBroker(options);
     console.log(broker.url.startsWith('nats://127.0.0.1:'));
     await broker.close();\n`,
  );
  const tsc = path.resolve('node_modules/.bin/tsc');
  const flags = ['--module', 'nodenext', '--target', 'es2024', '--strict', '--skipLibCheck', '--types', 'node'];
  const roots = ['--typeRoots', path.resolve('node_modules/@types')];
  execFileSync(tsc, [...flags, ...roots, 'embed.ts'], { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] });
  expect(execFileSync(process.execPath, ['embed.js'], { cwd: project, encoding: 'utf8' })).toBe('true\n');
});

it('and shows its help from there', async () => {
  const home = makeHome();
  const program = path.join(folder, 'package', 'bin', 'natsctl.js');
  try {
    for (const args of [[], ['account'], ['account', 'create']]) {
      const { code, stdout, stderr } = await run(home, [...args, '--help'], { program });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(['$ natsctl', ...args].join(' '));
    }
  } finally {
    home.remove();
  }
});

it('and runs from there: migrations are found, a broker and a service come up', async () => {
  const home = makeHome();
  const ports = path.join(home.folder, 'ports.json');
  const program = path.join(folder, 'package', 'bin', 'natsctl.js');
  expect(existsSync(program)).toBe(true);
  const up = start(home, ['up', '--broker-port', '-1', '--service-port', '-1', '--ports-file', ports], { program });
  try {
    const { service } = await jsonFile<{ service: string }>(ports, up);
    expect((await fetch(`${service}/healthz`)).status).toBe(200);
  } finally {
    expect(await up.stop()).toBe(0);
    home.remove();
  }
});
