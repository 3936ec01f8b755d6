import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type NscContext, readContextFile } from './context.js';

/** What decides where the store is; commands fill it from flags (which oclif fills from `NATSCTL_*`). */
export interface PathSettings {
  store?: string | undefined;
  keystore?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  cwd: string;
}

export interface StorePaths {
  /** Folder that holds one folder per operator. */
  storeRoot: string;
  keystore: string;
  /** What may be lost: natsctl's own, below the cache folder of the person. */
  cacheDir: string;
  /** nsc.json, whether or not it exists. */
  configFile: string;
  /** Operator and account chosen by the working directory or by nsc.json; unchecked. */
  operator: string | undefined;
  account: string | undefined;
  /**
   * True where a change of context belongs into nsc.json: it is in use (no NSC_CWD_ONLY, not overridden by the working
   * directory) and this store root is the one it names, or it names none.
   */
  contextWritable: boolean;
}

/** Resolves the folders as nsc does (`cmd/root.go`, `cmd/defaults.go`, `home/home.go`), with our flags on top. */
export function resolvePaths(settings: PathSettings): StorePaths {
  const { env, home, cwd } = settings;
  const expand = (value: string) => path.resolve(cwd, value.replace(/^~(?=$|[/\\])/, home));
  const cwdOnly = env.NSC_CWD_ONLY !== undefined;

  const configFile = path.join(configDir(env, home, expand), 'nsc.json');
  const saved: NscContext = cwdOnly ? {} : readContextFile(configFile);
  const here = contextOfFolder(cwd);
  const inUse: NscContext = here === null ? saved : { ...saved, ...here };

  const defaultRoot = dataDir(env, home, 'stores');
  const storeRoot = settings.store
    ? expand(settings.store)
    : inUse.store_root
      ? path.resolve(inUse.store_root)
      : defaultRoot;
  const sameRoot = inUse.store_root !== undefined && path.resolve(inUse.store_root) === storeRoot;

  return {
    storeRoot,
    keystore: expand(settings.keystore || env.NKEYS_PATH || dataDir(env, home, 'keys')),
    cacheDir: path.join(expand(env.XDG_CACHE_HOME || path.join(home, '.cache')), 'natsctl'),
    configFile,
    operator: sameRoot ? inUse.operator || undefined : undefined,
    account: sameRoot ? inUse.account || undefined : undefined,
    contextWritable:
      !cwdOnly &&
      here === null &&
      (saved.store_root ? path.resolve(saved.store_root) === storeRoot : !settings.store || storeRoot === defaultRoot),
  };
}

type Env = PathSettings['env'];

function configDir(env: Env, home: string, expand: (value: string) => string): string {
  if (env.NSC_HOME) return expand(env.NSC_HOME);
  const current = path.join(env.XDG_CONFIG_HOME || path.join(home, '.config'), 'nats', 'nsc');
  const old = path.join(home, '.nsc');
  return !existsSync(path.join(current, 'nsc.json')) && existsSync(path.join(old, 'nsc.json')) ? old : current;
}

function dataDir(env: Env, home: string, kind: 'stores' | 'keys'): string {
  const current = path.join(env.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'nats', 'nsc', kind);
  const old = kind === 'keys' ? path.join(home, '.nkeys') : path.join(home, '.nsc', 'nats');
  return !existsSync(current) && existsSync(old) ? old : current;
}

/**
 * The context a working directory gives: in an operator's folder or below it, that operator (and account); in a folder that
 * holds operators' folders, that store root. Null elsewhere.
 */
export function contextOfFolder(cwd: string): NscContext | null {
  const own = operatorOf(cwd);
  if (own) return { store_root: path.dirname(cwd), operator: own };
  if (subfolders(cwd).some((name) => operatorOf(path.join(cwd, name)) !== null)) return { store_root: cwd };
  for (let dir = path.dirname(cwd), below = cwd; dir !== below; below = dir, dir = path.dirname(dir)) {
    const operator = operatorOf(dir);
    if (!operator) continue;
    const [kind, account] = path.relative(dir, cwd).split(path.sep);
    return {
      store_root: path.dirname(dir),
      operator,
      ...(kind === 'accounts' && account ? { account } : {}),
    };
  }
  return null;
}

/** The operator's name where the folder holds a `.nsc` of one. */
function operatorOf(dir: string): string | null {
  const file = path.join(dir, '.nsc');
  try {
    // The name of nsc's own old config folder is `.nsc` too.
    if (!statSync(file).isFile()) return null;
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { name, kind } = value as Record<string, unknown>;
    return kind === 'operator' && typeof name === 'string' && name !== '' ? name : null;
  } catch {
    return null;
  }
}

function subfolders(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
