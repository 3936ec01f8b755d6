/**
 * Brings a checkout to where `bin/natsctl.js` runs: dependencies, generated code, build. Each step is skipped when what it
 * reads has not changed since it last succeeded, so that a second `npm start` costs a few milliseconds here.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BUILT_FOLDERS = ['claims', 'resolver', 'cli', 'service', 'broker', 'prisma'];
const CLIENT_FILES = ['prisma/schema.prisma', 'scripts/generate.mjs', 'package-lock.json'];
const BUILD_FILES = [
  ...['tsconfig.json', 'tsconfig.build.json', 'package.json'],
  ...['scripts/bundle.mjs', 'scripts/manifest.mjs'],
];
const at = (...parts) => path.join(root, ...parts);

/** Runs every step that is due. Throws an Error whose message is fit to be shown. */
export function setup() {
  requireNode();
  step('node_modules/.natsctl-setup', hashFiles(['package-lock.json']), installDependencies);
  step('prisma/generated/.natsctl-setup', hashFiles(CLIENT_FILES), generateClient);
  step('dist/.natsctl-setup', hashTree(BUILT_FOLDERS, BUILD_FILES), build);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`natsctl needs Node 20.19 or newer; this is ${process.versions.node}`);
  }
}

/** Said once and here: the tools of the steps would say it of each of hundreds of files. */
function requireWritable() {
  try {
    for (const folder of [root, at('node_modules')]) if (existsSync(folder)) accessSync(folder, constants.W_OK);
  } catch {
    throw new Error(`set-up has to write to ${root}, and this user may not: run \`npm run build\` there as its owner`);
  }
}

function step(stampFile, inputs, run) {
  const stamp = at(stampFile);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  requireWritable();
  run();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputs);
}

function installDependencies() {
  say('installing dependencies');
  // npm_execpath is set when npm runs us; calling it through node avoids the platform's shim.
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) run(process.execPath, [npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
  else run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: process.platform === 'win32' });
}

function generateClient() {
  say('generating the database client');
  run(process.execPath, [at('scripts/generate.mjs')]);
}

/** Compiles beside `dist` and swaps it in whole, so that no file of an earlier build survives as a command; then bundles. */
function build() {
  say('building');
  const fresh = at(`dist.${process.pid}`);
  const old = at(`dist.${process.pid}.old`);
  try {
    run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', at('tsconfig.build.json'), '--outDir', fresh]);
    if (existsSync(at('dist'))) renameSync(at('dist'), old);
    renameSync(fresh, at('dist'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  run(process.execPath, [at('scripts/manifest.mjs')]);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) throw new Error(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(`${path.basename(args[0] ?? command)} failed with ${result.status ?? result.signal}`);
}

function hashFiles(files) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files) hash.update(file).update(existsSync(at(file)) ? readFileSync(at(file)) : '');
  return hash.digest('hex');
}

/** Names, sizes and times are enough to see an edit, and hundreds of times cheaper than contents. */
function hashTree(folders, files) {
  const hash = createHash('sha256').update(process.versions.node);
  const visit = (name) => {
    const stat = statSync(at(name), { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) for (const child of readdirSync(at(name)).sort()) visit(path.join(name, child));
    else hash.update(`${name}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const name of [...folders, ...files]) visit(name);
  return hash.digest('hex');
}

function say(what) {
  process.stderr.write(`natsctl: ${what}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setup();
  } catch (error) {
    process.stderr.write(`natsctl: ${error.message}\n`);
    process.exitCode = 1;
  }
}
