/**
 * Bundles what `tsc` compiled (dist/) into dist/bundle: one file a command and a few shared ones, so that a start opens some
 * twenty files and not two hundred. Nothing is shortened and every module keeps its `//#region` line: stack traces can be read.
 *
 * Of the packages only oclif and nkeys are taken in. oclif loads all of itself for whatever it is asked; in the bundle each of
 * its parts is loaded where it is first used, and those for help, plug-ins and discovery stay outside, in node_modules: a
 * command that is named by its words never needs them (cli/direct.ts). What is taken in of oclif is more than half of what most
 * commands load, so it is a script of its own beside which lies what V8 compiled of it (cli/compiled.ts).
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Bundles `dist` into `<dist>/bundle`, swapped in whole. */
export async function bundle(dist = path.join(root, 'dist')) {
  const commands = path.join(dist, 'cli/commands');
  const input = {
    main: path.join(dist, 'cli/main.js'),
    'check-worker': path.join(dist, 'cli/validate/check-worker.js'),
    // package.json names it to oclif, which loads it for --help.
    help: path.join(dist, 'cli/help.js'),
    // What `import 'natsctl/broker'` gives.
    broker: path.join(dist, 'broker/embed.js'),
  };
  for (const file of readdirSync(commands, { recursive: true })) {
    if (file.endsWith('.js')) input[path.join('commands', file.slice(0, -'.js'.length))] = path.join(commands, file);
  }
  const loader = path.join(dist, 'cli/compiled.js');
  const fresh = path.join(dist, `bundle.${process.pid}`);
  try {
    const first = firstOf([input.main, path.join(dist, 'cli/completion/answer.js')]);
    const groups = [{ name: 'first', priority: 1, test: first.has }, COMMON];
    const output = { dir: fresh, chunkFileNames: 'shared/[name]-[hash].js', codeSplitting: { groups } };
    await build(
      { input, plugins: [builtins(), packages(loader), lateRequire(), first.plugin] },
      { ...output, format: 'esm' },
    );
    const script = path.join(fresh, 'shared', OCLIF_SCRIPT);
    await build({ input: COMMAND_PARTS, plugins: [packages(null), lateRequire()] }, { file: script, format: 'cjs' });
    await compile(script, loader);
    rmSync(path.join(dist, 'bundle'), { recursive: true, force: true });
    renameSync(fresh, path.join(dist, 'bundle'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function build(input, output) {
  const built = await rolldown({ ...input, platform: 'node', treeshake: { propertyReadSideEffects: false } });
  try {
    await built.write(output);
  } finally {
    await built.close();
  }
}

/** Runs a command first: functions are compiled when they are first called. */
async function compile(script, loader) {
  const { compiledOf, loadCompiled } = await import(pathToFileURL(loader).href);
  const { Args, Command, Flags } = loadCompiled(pathToFileURL(script));
  class Example extends Command {
    static args = { name: Args.string() };
    static flags = { text: Flags.string(), list: Flags.string({ multiple: true }), yes: Flags.boolean() };
    static enableJsonFlag = true;
    run() {
      return this.parse(Example);
    }
  }
  const config = {
    bin: 'example',
    runHook: async () => ({ successes: [], failures: [] }),
    scopedEnvVar: () => undefined,
  };
  await new Example(['one', '--text', 'two', '--list', 'three', '--yes'], {
    ...config,
    scopedEnvVarKey: (name) => name,
    scopedEnvVarKeys: (name) => [name],
  })._run();
  writeFileSync(`${script}.v8`, compiledOf(pathToFileURL(script)));
}

const TAKEN_IN = /^(@oclif\/core|@nats-io\/nkeys)(\/|$)/;
const OF_TAKEN_IN = /[\\/]node_modules[\\/](@oclif[\\/]core|@nats-io[\\/]nkeys)[\\/]/;
/** What runs before a command is chosen, and what answers the Tab key: a file of its own, since these load no command. */
function firstOf(files) {
  const ids = new Set(files);
  return {
    has: (id) => ids.has(id),
    plugin: {
      name: 'first',
      buildEnd() {
        for (const id of ids) for (const imported of this.getModuleInfo(id)?.importedIds ?? []) ids.add(imported);
        for (const file of files) ids.delete(file);
      },
    },
  };
}

/** In place of oclif's diagnostics (`DEBUG=oclif:*`), which tell nothing about a command of ours. */
const NO_DEBUG = 'module.exports = () => Object.assign(() => {}, { enabled: false });';
/** What so many commands share is one file: for Node to find and link a module takes longer than to read a larger one. */
const COMMON = { name: 'common', minShareCount: 20 };
const COMMAND_PARTS = '\0command-parts';
/** Beside the shared files of the bundle, one of which loads it. */
const OCLIF_SCRIPT = 'oclif.cjs';
/** Parts of oclif that only the long way needs, by the names that oclif itself gives to the outside. */
const LEFT_OUT = { '/lib/config/index.js': '@oclif/core/config', '/lib/help/index.js': '@oclif/core/help' };

function nameAndVersion(file) {
  const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
  return { code: JSON.stringify({ name, version }), moduleType: 'json' };
}

/**
 * Which packages are bundled, and what of oclif.
 *
 * @param loader of the script that oclif is in; null to make that script
 */
function packages(loader) {
  return {
    name: 'packages',
    async resolveId(id, importer, { kind }) {
      if (importer === undefined) return id === COMMAND_PARTS ? id : null;
      if (Object.values(LEFT_OUT).includes(id)) return { id, external: true };
      if (id === '@oclif/core' && !OF_TAKEN_IN.test(importer) && importer !== COMMAND_PARTS) {
        return kind === 'import-statement' ? COMMAND_PARTS : { id, external: true };
      }
      const ours = !importer.includes('node_modules');
      const named = !id.startsWith('.') && !path.isAbsolute(id);
      if (named && (id === 'ejs' || (ours && !TAKEN_IN.test(id)))) return { id, external: true };
      const resolved = await this.resolve(id, importer, { kind, skipSelf: true });
      const file = resolved?.id.replaceAll('\\', '/') ?? '';
      const part = OF_TAKEN_IN.test(importer) && Object.keys(LEFT_OUT).find((end) => file.endsWith(`core${end}`));
      return part ? { id: LEFT_OUT[part], external: true } : resolved;
    },
    load(id) {
      const path = id.replaceAll('\\', '/');
      if (path.endsWith('/node_modules/debug/src/index.js')) return NO_DEBUG;
      if (path.endsWith('/node_modules/@oclif/core/package.json')) return nameAndVersion(id);
      if (id !== COMMAND_PARTS) return null;
      if (loader === null) {
        return `export { Command } from '@oclif/core/command';
export * as Args from '@oclif/core/args';
export * as Flags from '@oclif/core/flags';`;
      }
      return `import { loadCompiled } from ${JSON.stringify(loader)};
export const { Args, Command, Flags } = loadCompiled(new URL('./${OCLIF_SCRIPT}', import.meta.url));`;
    },
  };
}

/**
 * Modules of Node as `process.getBuiltinModule` gives them: a static import of `node:fs` makes Node load all its streams first,
 * to have every name at hand, which takes longer than most commands. Not so `node:module`, which rolldown's own runtime needs before
 * any other file.
 */
function builtins() {
  const prefix = '\0builtin:';
  return {
    name: 'builtins',
    resolveId: {
      filter: { id: /^node:(?!module$)/ },
      handler: (id, _importer, { kind }) => (kind === 'import-statement' ? prefix + id : { id, external: true }),
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const name = id.slice(prefix.length);
      const own = process.getBuiltinModule(name);
      const names = Object.keys(own).filter((key) => /^[A-Za-z]\w*$/.test(key) && key !== 'default');
      const exported = names.map((key) => `export const ${key === 'constructor' ? '_' : key} = own.${key};`);
      return `const own = process.getBuiltinModule('${name}');\nexport default own;\n${exported.join('\n')}`;
    },
  };
}

/** `const x_1 = require('x')` at the top of oclif's files, run where `x_1` is first looked at. */
function lateRequire() {
  const required = /^(?:const|var) (\w+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;
  return {
    name: 'late-require',
    transform: {
      filter: { id: /[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ },
      handler(code) {
        const names = [];
        const late = code.replace(required, (_, name, call) => {
          names.push(name);
          return `let ${name}_; const ${name} = () => (${name}_ ??= ${call});`;
        });
        if (names.length === 0) return null;
        const used = new RegExp(`(?<![.\\w"'])(${names.join('|')})\\.(?=\\w)`, 'g');
        return { code: late.replace(used, '($1()).'), map: null };
      },
    },
  };
}
