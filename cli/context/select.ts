import { cliError } from '../errors.js';
import { writeContextFile } from '../store/context.js';
import { contextOfFolder, type PathSettings, resolvePaths } from '../store/paths.js';
import { findAccount, listAccountNames, openOperator } from '../store/store.js';

export interface Selected {
  configFile: string;
  store: string;
  operator: string;
  account: string | null;
}

/**
 * Makes an operator or an account the current one in nsc.json, for natsctl and nsc alike; with `--store`, that store too. An
 * account of another operator than the current one is chosen together with its operator.
 */
export async function select(
  settings: PathSettings,
  wanted: { operator?: string | undefined; account?: string | undefined },
  now: number,
): Promise<Selected> {
  const paths = resolvePaths(settings);
  if (settings.env.NSC_CWD_ONLY !== undefined || contextOfFolder(settings.cwd) !== null) {
    const why = settings.env.NSC_CWD_ONLY === undefined ? 'the working folder chooses' : 'NSC_CWD_ONLY is set';
    throw cliError('ERR_CONTEXT_FIXED', `${why}, so nsc.json would have no effect here`, {
      hint: 'run it in another folder, without NSC_CWD_ONLY',
    });
  }
  const store = await openOperator(paths.storeRoot, wanted.operator, paths.operator);
  const names = await listAccountNames(store);
  const kept = store.name === paths.operator ? names.find((name) => name === paths.account) : undefined;
  const account =
    wanted.account === undefined
      ? (kept ?? (names.length === 1 ? names[0] : undefined))
      : (await findAccount(store, wanted.account)).name;
  await writeContextFile(
    paths.configFile,
    { store_root: paths.storeRoot, operator: store.name, account: account ?? '' },
    now,
  );
  return { configFile: paths.configFile, store: paths.storeRoot, operator: store.name, account: account ?? null };
}
