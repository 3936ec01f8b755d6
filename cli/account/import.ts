import { droppedRevocations } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decode, decodeAs } from '../../claims/jwt/decode.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Decoded, OperatorClaims } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validate } from '../../claims/validate/validate.js';
import { differences } from '../change/difference.js';
import type { ChangeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { isSelfSigned } from '../managed/self-signed.js';
import { shellWord } from '../output/shell-word.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { operatorKeys } from '../store/references.js';
import {
  addAccount,
  findAccountByKey,
  readOperator,
  refuseTakenAccount,
  type StoredAccount,
  writeAccount,
} from '../store/store.js';
import { unarmored } from '../store/token-file.js';
import { changing, selectContext, type Workspace } from '../workspace.js';

export interface WantedAccountImport {
  /** The token, bare or armored. */
  text: string;
  /** Replace the account that is here. */
  overwrite: boolean;
  /** Sign it here where another operator did. */
  force: boolean;
  /** Take it although it is not within its rules or its time. */
  skip: boolean;
  /** The value of `--private-key`. */
  key?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface ImportedAccount extends ChangeResult {
  name: string;
  publicKey: string;
  operator: string;
  issuer: string;
  /** Signed here, in the place of itself or another operator. */
  resigned: boolean;
  result: 'added' | 'updated' | 'unchanged';
  warnings: string[];
}

/** Claims that whoever runs a managed operator sets when signing: not a difference that somebody here made. */
const SET_BY_OPERATOR = /^\/(iss|exp|nbf|nats\/limits)(\/|$)/;

/** Takes a loose account JWT into the store: one of this operator as it is; a self-signed one is signed. */
export async function importAccount(workspace: Workspace, wanted: WantedAccountImport): Promise<ImportedAccount> {
  const given = accountToken(unarmored(wanted.text));
  const issues = validate(given.claims, workspace.now);
  refuseIssues(issues, wanted.skip);
  const imported = await changing(workspace, () => take(workspace, given, wanted));
  imported.warnings.unshift(...issues.map((issue) => issue.message));
  if (!wanted.dryRun && imported.result === 'added') {
    await selectContext(workspace.paths, { operator: imported.operator, account: imported.name }, workspace.now);
  }
  return imported;
}

async function take(
  workspace: Workspace,
  given: Decoded<AccountClaims>,
  wanted: WantedAccountImport,
): Promise<ImportedAccount> {
  const { store } = workspace;
  const operator = (await readOperator(store)).claims;
  const here = await findAccountByKey(store, given.claims.sub);
  const name = here?.name ?? nameOf(given.claims);
  if (!here) await refuseTakenAccount(store, name);
  const signed = await signedHere(workspace, operator, given, here ?? null, wanted);
  const { claims } = signed;
  const result: ImportedAccount = {
    name,
    publicKey: claims.sub,
    operator: store.name,
    issuer: claims.iss,
    resigned: signed.token !== given.token,
    result: here ? 'updated' : 'added',
    changed: true,
    dryRun: wanted.dryRun === true,
    differences: differences('account', here?.jwt.claims ?? null, claims),
    warnings: [],
  };
  // What says the same is not signed once more, unless by a key that was named.
  const same = result.resigned && result.differences.length === 0 && wanted.key === undefined;
  if (here && (here.jwt.token === given.token || (same && !isSelfSigned(here.jwt.claims)))) {
    return { ...result, issuer: here.jwt.claims.iss, resigned: false, result: 'unchanged', changed: false };
  }
  if (here) refuseLoss(here, claims, result, wanted.overwrite);
  if (!wanted.dryRun) {
    if (here) await writeAccount(store, name, signed.token);
    else await addAccount(store, name, signed.token);
  }
  return result;
}

function accountToken(token: string): Decoded<AccountClaims> {
  try {
    return decodeAs('account', token);
  } catch (error) {
    if (!isNatsctlError(error, 'ERR_JWT_VERSION') || decode(token, { allowV1: true }).kind !== 'account') throw error;
    throw cliError('ERR_JWT_V1', 'this account JWT is of version 1, whose signature does not cover all of it', {
      hint: 'run `natsctl upgrade` where it comes from, and import what that makes',
      cause: error,
    });
  }
}

function nameOf({ name, sub }: AccountClaims): string {
  return checkEntityName(name ?? sub, 'account');
}

/** What time alone is in the way of may be wanted; what no server would take may be mended here. */
export function refuseIssues(issues: Issue[], skip: boolean): void {
  const blocking = issues.filter(({ level }) => level !== 'warning');
  const [first] = blocking;
  if (!first || skip) return;
  const more = blocking.length > 1 ? ` (and ${blocking.length - 1} more)` : '';
  throw cliError('ERR_CLAIMS_INVALID', `it would be refused: ${first.message}${more}`, {
    hint: 'add --skip to take it all the same, and mend it here',
    details: { issues: blocking },
  });
}

/** The token itself where this operator signed it; signed here where it is self-signed, or where that is forced. */
async function signedHere(
  workspace: Workspace,
  operator: OperatorClaims,
  given: Decoded<AccountClaims>,
  here: StoredAccount | null,
  { force, key }: WantedAccountImport,
): Promise<Decoded<AccountClaims>> {
  const { store, now } = workspace;
  const { claims } = given;
  const strict = operator.nats.strict_signing_key_usage === true;
  const ours = operatorKeys(operator).includes(claims.iss) && !(strict && claims.iss === operator.sub);
  const self = isSelfSigned(claims);
  if (ours && key === undefined) return given;
  // Under a managed operator it stays as it is, to be handed over.
  if (self && store.managed && selfSigners(claims).includes(claims.iss)) return given;
  if (!ours && !self && !force) {
    throw cliError('ERR_ACCOUNT_FOREIGN', `the account is signed by ${claims.iss}, no key of operator ${store.name}`, {
      hint: 'where it is to move to this operator, add --force; where the operator has new keys, import it first',
      details: { account: claims.sub, issuer: claims.iss },
    });
  }
  const signer = await operatorSigner(workspace, operator, { key, own: { claims } });
  const after = Math.max(claims.iat, here?.jwt.claims.iat ?? 0);
  return signChecked<AccountClaims>(claims, signer, { now, after });
}

function selfSigners({ sub, nats }: AccountClaims): string[] {
  return [sub, ...[...nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key)];
}

/** What is here goes only where that is meant; a revocation never goes by the way. */
function refuseLoss(here: StoredAccount, claims: AccountClaims, result: ImportedAccount, overwrite: boolean): void {
  const dropped = droppedRevocations(here.jwt.claims.nats.revocations, claims.nats.revocations);
  if (dropped.length > 0) {
    const users = dropped.map(({ user }) => user);
    throw cliError('ERR_REVOCATIONS_DROPPED', `the JWT lacks revocations that account ${here.name} has here`, {
      hint: `take them back first, if that is meant: \`natsctl revocation delete USER -a ${shellWord(here.name)}\``,
      details: { account: claims.sub, users },
    });
  }
  const takenBack = isSelfSigned(here.jwt.claims) && !isSelfSigned(claims);
  if (overwrite || (takenBack && result.differences.every(({ path }) => SET_BY_OPERATOR.test(path)))) return;
  throw cliError('ERR_ACCOUNT_EXISTS', `account ${here.name} is here already, with other claims`, {
    hint: 'add --overwrite to replace it; --dry-run shows what would change',
    details: { account: here.name, differences: result.differences.map(({ path }) => path) },
  });
}
