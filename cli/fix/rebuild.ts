import path from 'node:path';
import { formatCreds } from '../../claims/creds.js';
import type { Seed } from '../../claims/keys/seed.js';
import { cliError } from '../errors.js';
import { type ShowProgress, unseen } from '../output/show-progress.js';
import { headerFile } from '../sealed/header.js';
import { sealSeed } from '../sealed/seed-text.js';
import { readDir } from '../store/atomic.js';
import { ignoreSecrets, keyFile } from '../store/keystore.js';
import { withStoreLock } from '../store/lock.js';
import { accountKeys, operatorKeys } from '../store/references.js';
import { commitFiles, type FileWrite } from '../store/transaction.js';
import { type Arranged, arrange } from './arrange.js';
import { collectLoose, type Found } from './collect.js';

export interface FixOptions {
  dirs: string[];
  out: string;
  creds: boolean;
  dryRun: boolean;
  progress?: ShowProgress | undefined;
}

export interface Fixed extends Omit<Arranged, 'operators'> {
  dryRun: boolean;
  store: string;
  keystore: string;
  operators: { name: string; publicKey: string; accounts: number; users: number }[];
  seeds: number;
  creds: number;
  /** Seeds that no token refers to; they are kept too. */
  unusedSeeds: string[];
  unreadable: Found['unreadable'];
}

/** Builds a store and a keystore of what lies loose in folders, in a place of its own: nothing that is there is touched. */
export async function rebuild(options: FixOptions): Promise<Fixed> {
  const store = path.join(path.resolve(options.out), 'operators');
  const keystore = path.join(path.resolve(options.out), 'keys');
  for (const folder of [store, keystore]) await refuseFilled(folder);
  const found = await collectLoose(
    options.dirs.map((dir) => path.resolve(dir)),
    options,
  );
  const arranged = arrange(found);
  if (arranged.operators.length === 0) {
    throw cliError('ERR_OPERATOR_MISSING', `no operator JWT is below ${options.dirs.join(', ')}: nothing was written`, {
      hint: 'add the folder that holds it: --in DIR; without it nobody can tell whose the accounts are',
      details: { unreadable: found.unreadable.length, tokens: found.tokens.length },
    });
  }
  const writes = writesOf(arranged, found, keystore);
  if (!options.dryRun) {
    const progress = (options.progress ?? unseen)('rebuilding', writes.length);
    try {
      await withStoreLock(store, async () => {
        await commitFiles({ storeRoot: store, keystore }, writes, { onFile: () => progress.advance() });
        await ignoreSecrets(keystore);
      });
    } finally {
      progress.end();
    }
  }
  const { operators, ...told } = arranged;
  const used = keysOf(arranged);
  const unusedSeeds = [...found.seeds.keys()].filter((key) => !used.has(key)).sort();
  const seeds = found.seeds.size;
  for (const seed of found.seeds.values()) seed.wipe();
  return {
    ...told,
    dryRun: options.dryRun,
    store,
    keystore,
    operators: operators.map(({ name, jwt, accounts }) => ({
      name,
      publicKey: jwt.claims.sub,
      accounts: accounts.length,
      users: accounts.reduce((sum, { users }) => sum + users.length, 0),
    })),
    seeds,
    creds: writes.filter((write) => write.path.endsWith('.creds')).length,
    unusedSeeds,
    unreadable: found.unreadable,
  };
}

async function refuseFilled(folder: string): Promise<void> {
  if ((await readDir(folder)).length === 0) return;
  throw cliError('ERR_FILE_EXISTS', `${folder} holds something already: nothing was written`, {
    hint: 'name a folder that is new: --out DIR',
    details: { file: folder },
  });
}

function writesOf({ operators }: Arranged, { seeds, sealed }: Found, keystore: string): FileWrite[] {
  const writes: FileWrite[] = [];
  const secret = (file: string, content: string) => {
    writes.push({ in: 'keystore', path: path.relative(keystore, file).split(path.sep).join('/'), content });
  };
  // What was encrypted before does not lie open after.
  if (sealed !== null) secret(headerFile(keystore), `${JSON.stringify(sealed.header, null, 2)}\n`);
  for (const [key, seed] of seeds) secret(keyFile(keystore, key), seedText(seed, sealed));
  const keepCreds = sealed === null || sealed.header.creds === 'keep';
  for (const operator of operators) {
    const put = (file: string, content: string) => {
      writes.push({ in: 'store', path: `${operator.name}/${file}`, content });
    };
    for (const account of operator.accounts) {
      for (const user of account.users) {
        put(`accounts/${account.name}/users/${user.name}.jwt`, user.jwt.token);
        const seed = seeds.get(user.jwt.claims.sub);
        if (seed === undefined || !keepCreds) continue;
        const file = path.join(keystore, 'creds', operator.name, account.name, `${user.name}.creds`);
        if (user.jwt.version === 2) secret(file, formatCreds(user.jwt.token, seed));
      }
      put(`accounts/${account.name}/${account.name}.jwt`, account.jwt.token);
    }
    put(`${operator.name}.jwt`, operator.jwt.token);
    const info = { managed: operator.managed, name: operator.name, kind: 'operator', version: '1' };
    // Last: a folder is an operator's once it holds this.
    put('.nsc', JSON.stringify(info));
  }
  return writes;
}

function seedText(seed: Seed, sealed: Found['sealed']): string {
  return sealed?.header.kinds.includes(seed.kind) ? sealSeed(sealed, seed) : seed.reveal();
}

function keysOf({ operators }: Arranged): Set<string> {
  const keys = new Set<string>();
  for (const operator of operators) {
    for (const key of operatorKeys(operator.jwt.claims)) keys.add(key);
    for (const account of operator.accounts) {
      for (const key of accountKeys(account.jwt.claims)) keys.add(key);
      for (const user of account.users) keys.add(user.jwt.claims.sub);
    }
  }
  return keys;
}
