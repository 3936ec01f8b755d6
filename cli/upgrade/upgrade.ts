import { isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decode } from '../../claims/jwt/decode.js';
import { seedSigner } from '../../claims/keys/signer.js';
import type { AccountClaims, Import, OperatorClaims, UserClaims } from '../../claims/types.js';
import {
  type Batch,
  commitBatch,
  type EntityChange,
  newBatch,
  putAccount,
  putOperator,
  putUser,
} from '../change/batch.js';
import { cliError } from '../errors.js';
import type { LeftBehind } from '../operator/resign.js';
import { withToken } from '../rotate/account.js';
import { remadeActivation } from '../rotate/activations.js';
import type { EndedActivation } from '../rotate/rotated.js';
import { signChecked } from '../sign.js';
import { operatorSelfSigner, operatorSigner } from '../signer.js';
import { findSeed } from '../store/keystore.js';
import { findAccountByKey, isDamaged, listAccounts, readOperator, type StoredAccount } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { changing, type Workspace } from '../workspace.js';
import { backupFolder, copyTokens, refuseBackup } from './backup.js';

export interface Upgraded {
  operator: string;
  /** Folder with the tokens as they were; null where nothing was to be upgraded. */
  backup: string | null;
  changes: EntityChange[];
  /** Still of version 1. */
  left: LeftBehind[];
  activations: EndedActivation[];
  changed: boolean;
  dryRun: boolean;
}

/** Writes every token of jwt version 1 as one of version 2, which servers since 2.2 want; the tokens before are kept in a folder. */
export function upgrade(
  workspace: Workspace,
  wanted: { backup?: string | undefined; key?: string | undefined; dryRun?: boolean | undefined },
): Promise<Upgraded> {
  return changing(workspace, async () => {
    const { store } = workspace;
    const batch = newBatch();
    const left: LeftBehind[] = [];
    const activations: EndedActivation[] = [];
    const operator = await upgradeOperator(batch, workspace, wanted.key);
    for (const account of await listAccounts(store)) {
      if (isDamaged(account)) {
        left.push({ kind: 'account', name: account.name, reason: 'it cannot be read' });
        continue;
      }
      await upgradeAccount(batch, workspace, account, operator, wanted.key, activations);
      left.push(...(await upgradeUsers(batch, workspace, account)));
    }
    const changed = batch.changes.length > 0;
    const backup = changed ? backupFolder(store, wanted.backup) : null;
    if (backup !== null) {
      await refuseBackup(backup);
      if (!wanted.dryRun) await copyTokens(store, backup);
    }
    await commitBatch(workspace, batch, { dryRun: wanted.dryRun });
    return {
      operator: store.name,
      backup,
      changes: batch.changes,
      left,
      activations,
      changed,
      dryRun: wanted.dryRun === true,
    };
  });
}

async function upgradeOperator(batch: Batch, workspace: Workspace, key: string | undefined): Promise<OperatorClaims> {
  const { store, now } = workspace;
  const { claims, version } = await readOperator(store);
  if (version === 2) return claims;
  if (store.managed) {
    throw cliError(
      'ERR_OPERATOR_MANAGED',
      `operator ${store.name} is managed: its JWT is upgraded by whoever runs it`,
      {
        hint: 'get one of version 2 from them, and take it in with `natsctl operator import SOURCE --force`',
        details: { operator: store.name },
      },
    );
  }
  const signer = await operatorSelfSigner(workspace, claims, { key, previous: claims.iss });
  const after = await signChecked<OperatorClaims>(claims, signer, { now, after: claims.iat });
  putOperator(batch, store, claims, after);
  return after.claims;
}

async function upgradeAccount(
  batch: Batch,
  workspace: Workspace,
  { name, jwt }: StoredAccount,
  operator: OperatorClaims,
  key: string | undefined,
  ended: EndedActivation[],
): Promise<void> {
  if (jwt.version === 2) return;
  const { store, now } = workspace;
  const { claims } = jwt;
  const imports: Import[] = [];
  for (const imported of claims.nats.imports) {
    if (imported.token === undefined || !isV1(imported.token)) imports.push(imported);
    else {
      const exporter = await findAccountByKey(store, imported.account);
      const party = exporter && { before: exporter.jwt.claims, key: exporter.jwt.claims.sub };
      const importer = { before: claims, key: claims.sub };
      const token = party ? await remadeActivation(workspace, imported, importer, party) : null;
      imports.push(withToken(imported, token));
      if (token === null) {
        ended.push({ account: name, subject: imported.subject, exporter: exporter?.name ?? imported.account });
      }
    }
  }
  const signer = await operatorSigner(workspace, operator, { key, previous: claims.iss, own: jwt });
  const wanted = { ...claims, nats: { ...claims.nats, imports } };
  putAccount(batch, store, name, claims, await signChecked<AccountClaims>(wanted, signer, { now, after: claims.iat }));
}

function isV1(token: string): boolean {
  try {
    return decode(token, { allowV1: true }).version === 1;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}

/** A user is signed by the key that signed it, where that is here; a new JWT of a revoked one would let it in again. */
async function upgradeUsers(batch: Batch, workspace: Workspace, account: StoredAccount): Promise<LeftBehind[]> {
  const { store, keystore, now } = workspace;
  const { revocations } = account.jwt.claims.nats;
  const left: LeftBehind[] = [];
  for (const user of await listUsers(store, account.name)) {
    const leave = (reason: string) => left.push({ kind: 'user', name: `${account.name}/${user.name}`, reason });
    if (isDamaged(user)) {
      leave('it cannot be read');
      continue;
    }
    const { claims, version } = user.jwt;
    if (version === 2) continue;
    const seed = await findSeed(keystore, claims.iss);
    if (isRevoked(revocations, claims.sub, claims.iat)) leave('it is revoked');
    else if (seed === null) leave(`the private key of its signer ${claims.iss} is not here`);
    else {
      const after = await signChecked<UserClaims>(claims, seedSigner(seed), { now, after: claims.iat });
      await putUser(batch, workspace, { account: account.name, user: user.name }, claims, after);
    }
  }
  return left;
}
