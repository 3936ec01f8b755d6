/** Signs what a plan asks for and writes all of it at once, or nothing. Called under the store's lock. */

import { EVERYONE } from '../../claims/account/revocation.js';
import { formatCreds } from '../../claims/creds.js';
import { NatsctlError } from '../../claims/errors.js';
import { newActivation } from '../../claims/jwt/new.js';
import type { Signer } from '../../claims/keys/signer.js';
import type { AccountClaims, ActivationClaims, Import, OperatorClaims, UserClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { remoteSubject } from '../export/importers.js';
import { signChecked } from '../sign.js';
import type { OperatorStore } from '../store/store.js';
import type { FileWrite } from '../store/transaction.js';
import { privateExport } from './activation.js';
import { type ChangeFiles, changeFiles } from './files.js';
import type { Keyring } from './keyring.js';
import type { Mint, Plan, PlannedEntity, Problem } from './plan.js';

export interface Prepared {
  writes: FileWrite[];
  /** Creds that are written, by the user they are of. */
  creds: { account: string; user: string; path: string }[];
}

/** @throws the first problem of the plan, by its own code; all of them are in the details */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new NatsctlError(first.code, `${first.entity}: ${first.message}${more}; nothing was changed`, {
    hint: '`natsctl plan` shows all that speaks against it',
    details: { problems },
  });
}

export async function prepareChange(
  plan: Plan,
  place: { store: OperatorStore | null; keystore: string },
  keyring: Keyring,
  { now, onSigned }: { now: number; onSigned?: (() => void) | undefined },
): Promise<Prepared> {
  refuseProblems(plan.problems);
  for (const mint of plan.mints) await makeActivation(mint, keyring, now);
  const files: ChangeFiles = await changeFiles(plan, place);
  for (const change of plan.changes) {
    const token = await signed(change, keyring, now);
    await files.add(change, token, async (user) => {
      const seed = await keyring.find(change.key);
      return seed === null ? null : formatCreds(user, seed);
    });
    onSigned?.();
  }
  return files.finish(keyring);
}

async function signed(change: PlannedEntity, keyring: Keyring, now: number): Promise<string | null> {
  if (change.wanted === null || change.signer === null) return null;
  const signer = await held(keyring, change.signer);
  const after = change.kind === 'user' ? change.after : change.before?.iat;
  const options = { now, ...(after !== undefined && { after }) };
  switch (change.kind) {
    case 'operator':
      return (await signChecked<OperatorClaims>(change.wanted, signer, options)).token;
    case 'account':
      return (await signChecked<AccountClaims>(change.wanted, signer, options)).token;
    case 'user':
      return (await signChecked<UserClaims>(change.wanted, signer, options)).token;
  }
}

async function makeActivation({ importer, at, exporter, signer, expires }: Mint, keyring: Keyring, now: number) {
  const imp = importer.claims.nats.imports[at] as Import;
  const exported = privateExport(exporter.claims, imp);
  const subject = remoteSubject(imp);
  const claims = newActivation(importer.claims.sub, subject, imp.type);
  claims.name = subject;
  if (signer !== exporter.claims.sub) claims.nats.issuer_account = exporter.claims.sub;
  if (expires > 0) claims.exp = expires;
  // Later than a revocation of this importer: otherwise it would be void from the start.
  const revoked = [importer.claims.sub, EVERYONE].flatMap((key) => exported?.revocations.get(key) ?? []);
  const options = { now, ...(revoked.length > 0 && { after: Math.max(...revoked) }) };
  imp.token = (await signChecked<ActivationClaims>(claims, await held(keyring, signer), options)).token;
}

async function held(keyring: Keyring, key: string | null): Promise<Signer> {
  const signer = key === null ? null : await keyring.signer([key]);
  if (signer === null) throw cliError('ERR_SIGNER_MISSING', `the private key of ${key} is not in the keystore`);
  return signer;
}
