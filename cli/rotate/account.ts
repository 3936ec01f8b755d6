import type { Seed } from '../../claims/keys/seed.js';
import type { AccountClaims, Import, OperatorClaims } from '../../claims/types.js';
import { type Batch, commitBatch, newBatch, putAccount, putOperator } from '../change/batch.js';
import { cliError } from '../errors.js';
import type { LeftBehind } from '../operator/resign.js';
import { signChecked } from '../sign.js';
import { givenSeed, operatorSelfSigner, operatorSigner } from '../signer.js';
import {
  findAccount,
  findAccountByKey,
  isDamaged,
  listAccounts,
  readOperator,
  type StoredAccount,
} from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import { type Party, remadeActivation, withKey } from './activations.js';
import { mentions } from './mentions.js';
import { type RotateOptions, refuseKept } from './options.js';
import { type EndedActivation, type Rotated, rotated } from './rotated.js';
import { carryUsers } from './users.js';

/**
 * Gives an account a new identity. To servers it is another account from then on: everything that names the old key is made to
 * name the new one, as far as the keys for it are here.
 */
export function rotateAccountIdentity(workspace: Workspace, name: string, wanted: RotateOptions): Promise<Rotated> {
  refuseKept(wanted, 'the identity of an account');
  return changing(workspace, async () => {
    const { store, keystore } = workspace;
    const account = await findAccount(store, name);
    const before = account.jwt.claims;
    const seed = await givenSeed(keystore, wanted.newKey, 'account');
    await refuseTakenKey(workspace, seed.publicKey);
    const operator = (await readOperator(store)).claims;
    const batch = newBatch();
    const left: LeftBehind[] = [];
    const ended: EndedActivation[] = [];
    const self: Party = { before, key: seed.publicKey, seed };

    await carryOperator(batch, workspace, operator, self, wanted.key);
    const after = await carryAccount(batch, workspace, account, operator, self, { seed, key: wanted.key, ended });
    for (const other of await listAccounts(store)) {
      if (other.name === name) continue;
      if (isDamaged(other)) left.push({ kind: 'account', name: other.name, reason: 'it cannot be read' });
      else await carryOther(batch, workspace, other, operator, self, name, wanted.key, ended);
    }
    left.push(...(await carryUsers(batch, workspace, name, before, after, seed, isStrict(operator))));
    await commitBatch(workspace, batch, { seeds: [seed], dryRun: wanted.dryRun });
    return rotated(workspace, {
      kind: 'account',
      name,
      oldKey: before.sub,
      key: seed.publicKey,
      batch,
      left,
      activations: ended,
      warnings: await mentions(workspace, batch, before.sub),
      dryRun: wanted.dryRun === true,
    });
  });
}

async function refuseTakenKey({ store }: Workspace, key: string): Promise<void> {
  const holder = await findAccountByKey(store, key);
  if (!holder) return;
  throw cliError('ERR_SIGNING_KEY_TAKEN', `${key} is the key of account ${holder.name} already`, {
    hint: 'name another one, or none to have one made',
    details: { key },
  });
}

function isStrict({ nats }: OperatorClaims): boolean {
  return nats.strict_signing_key_usage === true;
}

/** The operator names its system account. */
async function carryOperator(
  batch: Batch,
  workspace: Workspace,
  claims: OperatorClaims,
  { before, key }: Party,
  signWith: string | undefined,
): Promise<void> {
  if (claims.nats.system_account !== before.sub) return;
  const wanted = { ...claims, nats: { ...claims.nats, system_account: key } };
  // The key given signs accounts; it may sign the operator too, being one of its keys.
  const signer = await operatorSelfSigner(workspace, claims, { key: signWith, previous: claims.iss });
  const times = { now: workspace.now, after: claims.iat };
  putOperator(batch, workspace.store, claims, await signChecked<OperatorClaims>(wanted, signer, times));
}

async function carryAccount(
  batch: Batch,
  workspace: Workspace,
  { name, jwt }: StoredAccount,
  operator: OperatorClaims,
  self: Party,
  { seed, key, ended }: { seed: Seed; key: string | undefined; ended: EndedActivation[] },
): Promise<AccountClaims> {
  const { store, now } = workspace;
  const imports: Import[] = [];
  for (const imported of jwt.claims.nats.imports) {
    const moved = {
      ...imported,
      subject: withKey(imported.subject, self.before.sub, self.key),
      ...(imported.to !== undefined && { to: withKey(imported.to, self.before.sub, self.key) }),
    };
    if (imported.token === undefined) imports.push(moved);
    else {
      const exporter = await findAccountByKey(store, imported.account);
      const party = exporter && { before: exporter.jwt.claims, key: exporter.jwt.claims.sub };
      const token = party ? await remadeActivation(workspace, imported, self, party) : null;
      imports.push(withToken(moved, token));
      if (token === null)
        ended.push({ account: name, subject: imported.subject, exporter: exporter?.name ?? imported.account });
    }
  }
  const { authorization } = jwt.claims.nats;
  const wanted: AccountClaims = {
    ...jwt.claims,
    sub: self.key,
    nats: { ...jwt.claims.nats, imports, authorization: withAllowed(authorization, self) },
  };
  const own = { claims: wanted, seed };
  const signer = await operatorSigner(workspace, operator, { key, previous: jwt.claims.iss, own });
  const after = await signChecked<AccountClaims>(wanted, signer, { now, after: jwt.claims.iat });
  putAccount(batch, store, name, jwt.claims, after);
  return after.claims;
}

/** Another account that imports from this one, or lets its auth callout put users into it. */
async function carryOther(
  batch: Batch,
  workspace: Workspace,
  { name, jwt }: StoredAccount,
  operator: OperatorClaims,
  self: Party,
  exporter: string,
  key: string | undefined,
  ended: EndedActivation[],
): Promise<void> {
  const { claims } = jwt;
  const importer = { before: claims, key: claims.sub };
  const authorization = withAllowed(claims.nats.authorization, self);
  const concerned = claims.nats.imports.some(({ account }) => account === self.before.sub);
  if (!concerned && authorization === claims.nats.authorization) return;
  const imports: Import[] = [];
  for (const imported of claims.nats.imports) {
    if (imported.account !== self.before.sub) imports.push(imported);
    else if (imported.token === undefined) imports.push({ ...imported, account: self.key });
    else {
      const token = await remadeActivation(workspace, imported, importer, self);
      imports.push(withToken({ ...imported, account: self.key }, token));
      if (token === null) ended.push({ account: name, subject: imported.subject, exporter });
    }
  }
  const wanted = { ...claims, nats: { ...claims.nats, imports, authorization } };
  const signer = await operatorSigner(workspace, operator, { key, previous: claims.iss, own: jwt });
  const times = { now: workspace.now, after: claims.iat };
  putAccount(batch, workspace.store, name, claims, await signChecked<AccountClaims>(wanted, signer, times));
}

/** Without a token that fits, none: with one of another account the whole JWT would be refused. */
export function withToken(imported: Import, token: string | null): Import {
  const { token: _before, ...rest } = imported;
  return token === null ? rest : { ...rest, token };
}

function withAllowed(authorization: AccountClaims['nats']['authorization'], { before, key }: Party) {
  if (!authorization.allowed_accounts.includes(before.sub)) return authorization;
  const allowed_accounts = authorization.allowed_accounts.map((one) => (one === before.sub ? key : one));
  return { ...authorization, allowed_accounts };
}
