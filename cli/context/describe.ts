import type { PathSettings, StorePaths } from '../store/paths.js';
import { contextOfFolder, resolvePaths } from '../store/paths.js';
import { listAccountNames, listOperatorNames, openOperator } from '../store/store.js';

/** What nsc looks at too; ours (`NATSCTL_*`) are found by their name. */
const OF_NSC = [
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'NSC_HOME',
  'NKEYS_PATH',
  'NSC_CWD_ONLY',
  'NSC_NO_GIT_IGNORE',
  'NATS_CA',
  'NATS_CERT',
  'NATS_KEY',
];

/** Names of variables whose value may let someone in: that they are set is all that is told. */
const SECRET = /KEY$|TOKEN|PASS|SECRET|SEED/;

export interface Environment {
  storeRoot: string;
  keystore: string;
  configFile: string;
  /** What chooses operator and account. */
  chosenBy: 'working folder' | 'nsc.json' | 'nothing';
  operator: string | null;
  account: string | null;
  operators: string[];
  variables: { name: string; value: string | null }[];
}

export async function describeEnvironment(
  settings: PathSettings,
  options: { operator?: string | undefined },
): Promise<Environment> {
  const paths = resolvePaths(settings);
  const { storeRoot, keystore, configFile } = paths;
  const operators = await listOperatorNames(storeRoot);
  const operator = options.operator ?? (operators.length === 1 ? operators[0] : paths.operator);
  const known = operator !== undefined && operators.includes(operator) ? operator : null;
  return {
    storeRoot,
    keystore,
    configFile,
    chosenBy:
      contextOfFolder(settings.cwd) === null
        ? paths.operator === undefined
          ? 'nothing'
          : 'nsc.json'
        : 'working folder',
    operator: known,
    account: known === null ? null : await currentAccount(paths, known),
    operators,
    variables: variablesOf(settings.env),
  };
}

async function currentAccount(paths: StorePaths, operator: string): Promise<string | null> {
  const names = await listAccountNames(await openOperator(paths.storeRoot, operator));
  const only = names.length === 1 ? names[0] : undefined;
  return only ?? names.find((name) => name === paths.account && operator === paths.operator) ?? null;
}

function variablesOf(env: PathSettings['env']): Environment['variables'] {
  const ours = Object.keys(env).filter((name) => name.startsWith('NATSCTL_'));
  return [...OF_NSC, ...ours.sort()]
    .filter((name) => env[name] !== undefined)
    .map((name) => ({
      name,
      value: SECRET.test(name) && name !== 'NATS_KEY' ? null : withoutCredentials(env[name] ?? ''),
    }));
}

/** The addresses of a list, without the user, password or token that one may name. */
function withoutCredentials(value: string): string {
  return value.replace(/(\w+:\/\/)[^\s,/@]*@/g, '$1');
}
