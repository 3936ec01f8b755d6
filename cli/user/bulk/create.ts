import path from 'node:path';
import { credsText } from '../../../claims/creds.js';
import { isNatsctlError } from '../../../claims/errors.js';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { checkEntityName } from '../../../claims/names.js';
import type { UserClaims } from '../../../claims/types.js';
import type { TarEntry } from '../../archive/tar.js';
import { cliError, usageError } from '../../errors.js';
import type { Progress } from '../../output/progress.js';
import { signOneOfMany } from '../../sign.js';
import { type AccountSigner, accountSigner } from '../../signer.js';
import { storeError } from '../../store/errors.js';
import type { FileWrite } from '../../store/journal.js';
import { credsFile, credsPath, keepsCreds, keyPath, prepareKeystore } from '../../store/keystore.js';
import { foldName } from '../../store/names.js';
import { commitFiles } from '../../store/transaction.js';
import { listUserNames, userPath } from '../../store/users.js';
import { openVerified, type VerifiedSignatures } from '../../store/verified.js';
import { changing, chooseAccount, type Workspace } from '../../workspace.js';
import {
  type CreatedUser,
  createdUser,
  type MadeUser,
  type Making,
  type Means,
  makeUser,
  makingOf,
  type NewUser,
} from '../create.js';
import { type KeyThread, startKeyThread } from './key-thread.js';
import { type CredsPlace, checkPlace, prepareCreds } from './place.js';
import type { Row, RowFault } from './rows.js';

export interface ManyUsers {
  rows: readonly Row[];
  /** What was wrong with rows already. */
  faults: readonly RowFault[];
  /** What a row asks for, the flags of the command in place of what it leaves out. */
  wanted(row: Row): NewUser;
  creds: CredsPlace;
  dryRun: boolean;
  progress(label: string, total: number): Progress;
}

export interface CreatedUsers {
  /** In the order of the rows. */
  users: CreatedOne[];
  /** Folder or archive the creds went to, where it is not the keystore. */
  output: string | null;
  dryRun: boolean;
}

/** `publicKey` is null where `--dry-run` made none that lasts. */
export type CreatedOne = Omit<CreatedUser, 'publicKey'> & { line: number; publicKey: string | null };

/** Enough for the other thread never to wait; what is under way takes memory. */
const MOST_UNDER_WAY = 1_024;

/** So many faults are told one by one. */
const MAX_FAULTS = 100;

/** Makes all users of a list or none: every row is judged first, then all files are written as one change. */
export async function createUsers(workspace: Workspace, wanted: ManyUsers): Promise<CreatedUsers> {
  await checkPlace(wanted.creds);
  const none = wanted.creds.kind === 'keystore' && !(await keepsCreds(workspace.keystore));
  const many: ManyUsers = none ? { ...wanted, creds: { kind: 'none' } } : wanted;
  return changing(workspace, async () => {
    const made = await makeAll(workspace, many);
    if (!many.dryRun) await writeAll(workspace, many, made);
    const users = made.map(({ line, making, by, user }): CreatedOne => {
      const created = createdUser(making, by, user, null);
      if (user.seed === null) return { line, ...created };
      if (many.dryRun) return { line, ...created, publicKey: null };
      return { line, ...created, creds: credsPlaceOf(workspace, many.creds, created) };
    });
    const output = many.creds.kind === 'folder' || many.creds.kind === 'archive' ? many.creds.path : null;
    return { users, output: many.dryRun ? null : output, dryRun: many.dryRun };
  });
}

interface Made {
  line: number;
  making: Making;
  by: AccountSigner;
  user: MadeUser;
}

async function makeAll(workspace: Workspace, many: ManyUsers): Promise<Made[]> {
  const faults: RowFault[] = [...many.faults];
  const made: (Made | undefined)[] = [];
  const keys = new Map<string, number>();
  const progress = many.progress('signing users', many.rows.length);
  const keyThread = startKeyThread(many.rows.length);
  const accounts = accountsOf(workspace, keyThread);
  const means: Means = { newSeed: keyThread.newSeed, sign: signOneOfMany<UserClaims> };
  const underWay: Promise<void>[] = [];
  let unexpected: unknown;
  const refuse = (line: number, error: unknown): void => {
    if (isNatsctlError(error)) faults.push({ line, code: error.code, message: error.message });
    else unexpected ??= error;
  };
  try {
    for (const [at, row] of many.rows.entries()) {
      // Rows are judged in their order, and signed as the other thread comes to it.
      try {
        const wanted = many.wanted(row);
        checkEntityName(wanted.name, 'user');
        if (wanted.publicKey !== undefined) {
          decodePublicKey(wanted.publicKey, 'user');
          refuseTwice(keys, wanted.publicKey, row.line);
        }
        const account = await accounts(wanted.account);
        account.take(wanted.name, row.line);
        const by = await account.signer(wanted.key);
        const make = async (): Promise<void> => {
          const user = await makeUser(account.making, by, wanted, means);
          made[at] = { line: row.line, making: account.making, by, user };
          progress.advance();
        };
        underWay.push(make().catch((error: unknown) => refuse(row.line, error)));
      } catch (error) {
        refuse(row.line, error);
      }
      if (unexpected !== undefined) throw unexpected;
      if (underWay.length >= MOST_UNDER_WAY) await underWay[underWay.length - MOST_UNDER_WAY];
    }
    await Promise.all(underWay);
    if (unexpected !== undefined) throw unexpected;
  } finally {
    keyThread.end();
    progress.end();
  }
  if (faults.length > 0) throw refused(faults, many.rows.length + many.faults.length);
  return made as Made[];
}

function refuseTwice(lines: Map<string, number>, key: string, line: number): void {
  const other = lines.get(key);
  if (other !== undefined) throw cliError('ERR_DATA_INVALID', `line ${other} has the same public key`);
  lines.set(key, line);
}

interface AccountRows {
  making: Making;
  /** Claims a name that neither the account nor an earlier row has. */
  take(name: string, line: number): void;
  signer(key: string | undefined): Promise<AccountSigner>;
}

/** What is read of an account is read once, and each of its keys. */
function accountsOf(workspace: Workspace, keyThread: KeyThread): (given: string | undefined) => Promise<AccountRows> {
  const known = new Map<string | undefined, Promise<AccountRows>>();
  const byName = new Map<string, AccountRows>();
  const open = async (given: string | undefined): Promise<AccountRows> => {
    const account = await chooseAccount(workspace, given);
    const same = byName.get(account.name);
    if (same !== undefined) return same;
    const making = await makingOf(workspace, account);
    const names = new Map<string, string>();
    for (const name of await listUserNames(workspace.store, account.name)) {
      names.set(foldName(name), `the user ${name} of account ${account.name}`);
    }
    const signers = new Map<string | undefined, Promise<AccountSigner>>();
    const open = async (key: string | undefined): Promise<AccountSigner> => {
      const by = await accountSigner(workspace, account.jwt.claims, { key, strict: making.strict });
      return { ...by, signer: keyThread.signer(by.signer) };
    };
    const rows: AccountRows = {
      making,
      take(name, line) {
        const other = names.get(foldName(name));
        if (other !== undefined) {
          const message = `the name ${name} is that of ${other}, or differs from it in letter case only`;
          throw storeError('ERR_USER_NAME_TAKEN', message, { hint: 'choose another name', details: { name } });
        }
        names.set(foldName(name), `line ${line}`);
      },
      signer(key) {
        const found = signers.get(key) ?? open(key);
        signers.set(key, found);
        return found;
      },
    };
    byName.set(account.name, rows);
    return rows;
  };
  return (given) => {
    const found = known.get(given) ?? open(given);
    known.set(given, found);
    return found;
  };
}

function refused(faults: RowFault[], rows: number): Error {
  const inOrder = faults.sort((a, b) => a.line - b.line);
  const [first] = inOrder;
  const message = `${faults.length} of ${rows} rows cannot be made, so none is; line ${first?.line}: ${first?.message}`;
  return cliError('ERR_ROWS_REFUSED', message, {
    hint: 'correct them and run the command again',
    details: { rows, refused: faults.length, faults: inOrder.slice(0, MAX_FAULTS) },
  });
}

async function writeAll(workspace: Workspace, many: ManyUsers, made: readonly Made[]): Promise<void> {
  if (made.length === 0) throw usageError('there is no user in the list', 'give one row a user, after a heading');
  const { store, keystore, paths, now } = workspace;
  const writes: FileWrite[] = [];
  const creds: TarEntry[] = [];
  for (const { making, user } of made) {
    const names = { operator: store.name, account: making.account.name, user: user.claims.name as string };
    writes.push({ in: 'store', path: userPath(store, names.account, names.user), content: user.token });
    if (user.seed === null) continue;
    writes.push({ in: 'keystore', path: keyPath(user.seed.publicKey), content: user.seed.reveal() });
    if (many.creds.kind === 'none') continue;
    const text = credsText(user.token, user.seed);
    if (many.creds.kind === 'keystore') writes.push({ in: 'keystore', path: credsPath(names), content: text });
    else creds.push({ path: `${names.account}/${names.user}.creds`, content: text });
  }
  await prepareKeystore(keystore);
  const { creds: place } = many;
  const prepared = place.kind === 'folder' || place.kind === 'archive' ? await prepareCreds(place, creds, now) : null;
  const progress = many.progress('writing files', writes.length);
  try {
    await commitFiles(paths, writes, { onFile: () => progress.advance() });
  } catch (error) {
    prepared?.discard();
    throw error;
  } finally {
    progress.end();
  }
  await prepared?.finish();
  rememberSigned(paths.cacheDir, made);
}

/** Whoever checks the store next need not verify what was signed here. */
function rememberSigned(cacheDir: string, made: readonly Made[]): void {
  const known = new Map<string, VerifiedSignatures>();
  for (const { making, by, user } of made) {
    const account = making.account.jwt.claims.sub;
    const verified = known.get(account) ?? openVerified(cacheDir, account);
    known.set(account, verified);
    verified.remember(by.signer.publicKey, user.token);
  }
  for (const verified of known.values()) verified.save({ keep: true });
}

function credsPlaceOf({ store, keystore }: Workspace, place: CredsPlace, user: CreatedUser): string | null {
  if (place.kind === 'keystore') return credsFile(keystore, store.name, user.account, user.name);
  return place.kind === 'folder' ? path.join(place.path, user.account, `${user.name}.creds`) : null;
}
