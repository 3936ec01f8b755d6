import path from 'node:path';
import type { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { OperatorClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import { differences } from '../change/difference.js';
import type { ChangeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { refuseErrors } from '../sign.js';
import { readTextFile } from '../store/atomic.js';
import { findSeed, writeSeed } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { operatorKeys } from '../store/references.js';
import {
  addOperator,
  listAccounts,
  listOperatorNames,
  type OperatorStore,
  openOperator,
  readOperator,
  refuseTakenOperator,
  withoutDamaged,
} from '../store/store.js';
import { commitFiles } from '../store/transaction.js';
import { operatorInfoWrite, operatorWrite } from '../store/writes.js';
import { changingStore, selectContext } from '../workspace.js';
import type { FoundOperator } from './source.js';

export interface ImportedOperator extends ChangeResult {
  name: string;
  publicKey: string;
  /** Somebody else keeps its keys: accounts are self-signed here, and signed by them. */
  managed: boolean;
  result: 'added' | 'updated' | 'unchanged';
  accountServerUrl: string | null;
  systemAccount: string | null;
  /** Private keys of the operator that were put into the keystore. */
  keys: string[];
  warnings: string[];
}

export interface WantedImport {
  found: FoundOperator;
  name?: string | undefined;
  /** Seeds of the operator, by which it is not managed by others alone. */
  seeds: Seed[];
  /** Replace an operator of that name also where its identity is another, or its JWT newer. */
  force: boolean;
  dryRun?: boolean | undefined;
}

/** Takes in the JWT of an operator that somebody else runs, or a newer one of an operator that is here. */
export async function importOperator(paths: StorePaths, wanted: WantedImport, now: number): Promise<ImportedOperator> {
  const name = wanted.name ?? wanted.found.name;
  checkEntityName(name, 'operator');
  const { claims } = wanted.found.jwt;
  const issues = validate(claims, now);
  refuseErrors(name, issues);
  const own = operatorKeys(claims);
  for (const { publicKey } of wanted.seeds) {
    if (own.includes(publicKey)) continue;
    throw cliError('ERR_SIGNER_UNTRUSTED', `${publicKey} is no key of operator ${name}`, {
      hint: `its keys: ${own.join(', ')}`,
      details: { key: publicKey },
    });
  }
  const imported = await changingStore(paths, () => take(paths, name, wanted, now));
  imported.warnings.unshift(...issues.map((issue) => issue.message));
  if (!wanted.dryRun) await selectContext(paths, { operator: name, account: '' }, now);
  return imported;
}

async function take(paths: StorePaths, name: string, wanted: WantedImport, now: number): Promise<ImportedOperator> {
  const { jwt } = wanted.found;
  const { claims, token } = jwt;
  const there = (await listOperatorNames(paths.storeRoot)).includes(name);
  if (!there) await refuseTakenOperator(paths.storeRoot, name);
  const before = there ? await openOperator(paths.storeRoot, name) : null;
  const replaced = before && (await readOperator(before)).claims;
  if (replaced && !wanted.force) refuseOther(name, replaced, claims, now);
  const unchanged = before !== null && (await readOperator(before)).token === token;
  // Who holds a key of it signs here; what was not managed before does not become it by a newer JWT.
  const held = wanted.seeds.length > 0 || (await holdsKey(paths.keystore, claims));
  const managed = before ? before.managed && !held : !held;

  if (!wanted.dryRun) {
    for (const seed of wanted.seeds) await writeSeed(paths.keystore, seed);
    if (before) await replace(paths, before, token, managed);
    else await addOperator(paths.storeRoot, { name, token, accounts: [], managed });
  }
  const found = differences('operator', replaced, claims);
  return {
    name,
    publicKey: claims.sub,
    managed,
    result: !there ? 'added' : unchanged ? 'unchanged' : 'updated',
    accountServerUrl: claims.nats.account_server_url ?? null,
    systemAccount: claims.nats.system_account ?? null,
    keys: wanted.seeds.map(({ publicKey }) => publicKey),
    changed: !unchanged,
    dryRun: wanted.dryRun === true,
    differences: unchanged ? [] : found,
    warnings: before ? await lostAccounts(before, claims) : [],
  };
}

function refuseOther(name: string, before: OperatorClaims, after: OperatorClaims, now: number): void {
  if (before.sub !== after.sub) {
    throw cliError('ERR_OPERATOR_OTHER', `operator ${name} is ${before.sub} here, and the JWT is of ${after.sub}`, {
      hint: 'where it was issued anew, add --force; where it is another one, give it another name with --name',
      details: { operator: name, here: before.sub, given: after.sub },
    });
  }
  if (!operatorKeys(before).includes(after.iss)) {
    throw cliError('ERR_SIGNER_UNTRUSTED', `the JWT is signed by ${after.iss}, which is no key of operator ${name}`, {
      hint: 'where whoever runs it confirms the key, add --force',
      details: { key: after.iss },
    });
  }
  if (after.iat >= before.iat) return;
  const days = Math.ceil((now - after.iat) / 86_400);
  throw cliError('ERR_OPERATOR_OLDER', `the JWT of operator ${name} is older (${days} days) than the one here`, {
    hint: 'get the newest one, or add --force to go back to it',
    details: { operator: name, here: before.iat, given: after.iat },
  });
}

async function holdsKey(keystore: string, claims: OperatorClaims): Promise<boolean> {
  for (const key of operatorKeys(claims)) if (await findSeed(keystore, key)) return true;
  return false;
}

async function replace(paths: StorePaths, store: OperatorStore, token: string, managed: boolean): Promise<void> {
  const writes = [operatorWrite(store, token)];
  if (managed !== store.managed) {
    const info: unknown = JSON.parse((await readTextFile(path.join(store.dir, '.nsc'))) ?? '{}');
    writes.push(operatorInfoWrite(store, { ...(info as object), managed }));
  }
  await commitFiles(paths, writes);
}

/** Accounts that no key of the operator signed as it is now. */
async function lostAccounts(store: OperatorStore, claims: OperatorClaims): Promise<string[]> {
  const keys = new Set(operatorKeys(claims));
  const lost = withoutDamaged(await listAccounts(store)).filter(
    ({ jwt }) => jwt.claims.iss.startsWith('O') && !keys.has(jwt.claims.iss),
  );
  if (lost.length === 0) return [];
  const names = lost.map(({ name }) => name).join(', ');
  return [`signed by a key that the operator no longer names: ${names}; fetch them signed anew with \`natsctl pull\``];
}
