import { revoke } from '../../claims/account/revocation.js';
import type { Unsigned } from '../../claims/jwt/encode.js';
import { newAccount } from '../../claims/jwt/new.js';
import { overlaps } from '../../claims/subject/match.js';
import { accountSigners } from '../../claims/trust/operators.js';
import type { AccountClaims, Export, Import, OperatorClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import { hasJetStream } from '../account/jetstream.js';
import { type Difference, differencesByEntry } from '../change/difference.js';
import { remoteSubject } from '../export/importers.js';
import { showTime } from '../output/time.js';
import { AUTO } from './account-fields.js';
import { activationHolds, isVoid, privateExport } from './activation.js';
import type { IdentifiedAccount, Names } from './identify.js';
import type { Mint, PlannedAccount, Planning } from './plan.js';
import { preferring, refuseIssues, whole } from './plan-operator.js';
import { mergeRevocations } from './revocations.js';
import { accountClaims } from './to-claims.js';

/** An account as it is to be. */
export interface WantedAccount {
  identified: IdentifiedAccount;
  claims: Unsigned<AccountClaims>;
  /** Something of it differs: it is signed anew. */
  changed: boolean;
}

export interface PlannedAccounts {
  changes: PlannedAccount[];
  /** By public key. */
  wanted: Map<string, WantedAccount>;
  mints: Mint[];
  operator: { before: OperatorClaims | null; after: OperatorClaims };
}

/** What stands in a plan for the token that is made when it is applied. */
const TO_BE_MADE = '(an activation, made when this is applied)';

export async function planAccounts(
  planning: Planning,
  names: Names,
  operator: OperatorClaims,
): Promise<PlannedAccounts> {
  const { identified } = planning;
  const fileKeys = new Set(identified.accounts.map((one) => one.key));
  const wanted = new Map<string, WantedAccount>();
  for (const account of identified.accounts) {
    const claims = accountClaims(account, names);
    if (account.current !== null) keepRevocations(planning, account, claims, fileKeys);
    wanted.set(account.key, { identified: account, claims, changed: false });
  }
  const mints = await planActivations(planning, wanted, operator);
  const planned: PlannedAccounts = {
    changes: [],
    wanted,
    mints,
    operator: { before: identified.current?.jwt.claims ?? null, after: operator },
  };
  for (const one of wanted.values()) {
    const change = await planAccount(planning, one, planned);
    if (change === null) continue;
    one.changed = true;
    planned.changes.push(change);
  }
  return planned;
}

function keepRevocations(
  { prune, force, now, problem }: Planning,
  account: IdentifiedAccount,
  claims: Unsigned<AccountClaims>,
  fileKeys: ReadonlySet<string>,
): void {
  const entity = `account ${account.name}`;
  const before = account.current?.jwt.claims as AccountClaims;
  const userKeys = new Set(account.users.map((one) => one.key));
  const refuse = (what: string, dropped: { user: string; at: number }[]) => {
    if (force) return;
    for (const { user, at } of dropped) {
      problem(
        'ERR_STATE_REVOCATION_DROPPED',
        entity,
        `${what} of ${user} up to ${showTime(at)} would be dropped: put it into the file, or give --force`,
      );
    }
  };
  const keepActivationsVoid = (from: Export, to: Export) => {
    const kept = mergeRevocations(from.revocations, to.revocations, (key) => fileKeys.has(key), force);
    refuse(`the revocation (export ${from.subject})`, kept.dropped);
    to.revocations = kept.revocations;
  };
  const merged = mergeRevocations(before.nats.revocations, claims.nats.revocations, (key) => userKeys.has(key), force);
  refuse('the revocation', merged.dropped);
  claims.nats.revocations = merged.revocations;
  const old = [...before.nats.exports];
  for (const exported of claims.nats.exports) {
    const at = old.findIndex((one) => one.subject === exported.subject && one.type === exported.type);
    const [same] = at < 0 ? [] : old.splice(at, 1);
    if (same === undefined) continue;
    keepActivationsVoid(same, exported);
  }
  // What one of another subject had granted is judged by an export that covers it now.
  for (const gone of old) {
    for (const exported of claims.nats.exports) {
      if (gone.type === exported.type && overlaps(gone.subject, exported.subject)) keepActivationsVoid(gone, exported);
    }
  }
  if (!prune) return;
  // Whoever is deleted shall not go on with the creds it has.
  for (const { jwt } of account.current?.users ?? []) {
    const { sub, iat } = jwt.claims;
    if (!userKeys.has(sub)) claims.nats.revocations = revoke(claims.nats.revocations, sub, Math.max(now, iat));
  }
}

/** Fills in the activations that hold, and notes those that are to be made. */
async function planActivations(
  { keyring, now, prune, force, problem, identified }: Planning,
  wanted: ReadonlyMap<string, WantedAccount>,
  operator: OperatorClaims,
): Promise<Mint[]> {
  const mints: Mint[] = [];
  const exporters = new Map<string, Mint['exporter']>();
  if (!prune)
    for (const { name, jwt } of identified.others) exporters.set(jwt.claims.sub, { name, claims: jwt.claims });
  for (const [key, { identified: account, claims }] of wanted) {
    exporters.set(key, { name: account.name, claims: whole<AccountClaims>(claims, operator.sub) });
  }
  for (const importer of wanted.values()) {
    for (const [at, draft] of importer.identified.draft.imports.entries()) {
      if (draft.activation !== AUTO) continue;
      const imp = importer.claims.nats.imports[at] as Import;
      const exporter = exporters.get(imp.account);
      const entity = `account ${importer.identified.name}`;
      if (exporter === undefined) {
        const why = `the import of ${imp.subject} asks for an activation by ${draft.account}, which is not in the store`;
        problem('ERR_STATE_REFERENCE', entity, `${why}: write the text of its token`);
        continue;
      }
      const { claims } = exporter;
      const exported = privateExport(claims, imp);
      if (exported === null) continue;
      const expires = draft.activationExpires ?? 0;
      const token = currentToken(importer.identified, imp);
      const kept = { ...imp, ...(token && { token }) };
      if (token && activationHolds(kept, importer.claims.sub, { claims, operator }, { expires, now })) {
        imp.token = token;
        continue;
      }
      if (token && !force && isVoid(token, importer.claims.sub, exported)) {
        const why = `the activation for ${imp.subject} was revoked by account ${exporter.name}`;
        problem(
          'ERR_ACTIVATION_REVOKED',
          entity,
          `${why}: take the import out of the file, or give --force to grant it anew`,
        );
      }
      const plain = [...claims.nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key);
      const keys = [...plain, ...(operator.nats.strict_signing_key_usage ? [] : [claims.sub])];
      const signer = (await keyring.signer(keys))?.publicKey ?? null;
      if (signer === null) {
        const why = `no private key of account ${exporter.name} that may sign it is in the keystore`;
        problem('ERR_SIGNER_MISSING', entity, `the activation for ${imp.subject} cannot be made: ${why}`);
      }
      mints.push({ importer, at, exporter, signer, expires });
    }
  }
  return mints;
}

function currentToken({ current }: IdentifiedAccount, imp: Import): string | undefined {
  return current?.jwt.claims.nats.imports.find(
    (one) => one.account === imp.account && one.type === imp.type && remoteSubject(one) === remoteSubject(imp),
  )?.token;
}

async function planAccount(
  planning: Planning,
  { identified, claims }: WantedAccount,
  { mints, operator }: PlannedAccounts,
): Promise<PlannedAccount | null> {
  const { keyring, now, problem } = planning;
  const { name, key, current } = identified;
  const entity = `account ${name}`;
  const before = current?.jwt.claims ?? null;
  const signers = accountSigners(operator.after);
  const toBeMade = new Set(mints.filter((mint) => mint.importer.identified === identified).map((mint) => mint.at));
  const shown: Unsigned<AccountClaims> =
    toBeMade.size === 0
      ? claims
      : {
          ...claims,
          nats: {
            ...claims.nats,
            imports: claims.nats.imports.map((one, at) => (toBeMade.has(at) ? { ...one, token: TO_BE_MADE } : one)),
          },
        };
  const from = before ?? whole<AccountClaims>(newAccount(key, name), '');
  const found: Difference[] = differencesByEntry('account', from, whole<AccountClaims>(shown, ''));
  // Who signed a token that nobody trusted before is none of the file's business.
  const trusted = before !== null && operator.before !== null && accountSigners(operator.before).includes(before.iss);
  const signedAnew = before !== null && trusted && !signers.includes(before.iss);
  const renamedFrom = current !== null && current.name !== name ? current.name : null;
  if (before !== null && found.length === 0 && !signedAnew && renamedFrom === null) return null;

  const signer = (await keyring.signer(preferring(before?.iss, signers)))?.publicKey ?? null;
  if (signer === null) {
    const keys = signers.join(', ') || 'none';
    problem('ERR_SIGNER_MISSING', entity, `no operator key that may sign it is in the keystore: ${keys}`);
  }
  if (signedAnew && signer !== null) found.unshift({ path: '/iss', before: before.iss, after: signer });
  refuseIssues(planning, entity, validate({ ...claims, iss: signer ?? operator.after.sub }, now));
  if (operator.after.nats.system_account === key && hasJetStream(claims.nats.limits)) {
    problem('ERR_JETSTREAM_SYSTEM_ACCOUNT', entity, 'it is the system account, which may not have JetStream');
  }
  return {
    kind: 'account',
    action: before === null ? 'create' : 'change',
    name,
    renamedFrom,
    key,
    signer,
    before,
    wanted: claims,
    differences: found,
  };
}
