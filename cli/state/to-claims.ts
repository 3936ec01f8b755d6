/** The claims that a state file asks for. Who signs, and what activations are made, is not said here. */
import type { Unsigned } from '../../claims/jwt/encode.js';
import { NO_LIMIT } from '../../claims/jwt/new.js';
import type {
  AccountClaims,
  AccountData,
  Import,
  OperatorClaims,
  OperatorData,
  UserClaims,
  UserData,
  UserScope,
} from '../../claims/types.js';
import { AUTO, type ImportDraft } from './account-fields.js';
import { type Identified, type IdentifiedAccount, type IdentifiedUser, type Names, OWN_KEY } from './identify.js';
import type { EntityDraft } from './user-fields.js';

export function operatorClaims({ draft, key, signingKeys }: Identified, names: Names): Unsigned<OperatorClaims> {
  const { account_server_url, assert_server_version, strict_signing_key_usage, system_account, tags } = draft;
  const nats: OperatorData = {
    signing_keys: signingKeys,
    operator_service_urls: draft.operator_service_urls,
    ...(account_server_url && { account_server_url }),
    ...(assert_server_version && { assert_server_version }),
    ...(strict_signing_key_usage && { strict_signing_key_usage }),
    ...(system_account && { system_account: names.account(system_account, `operator ${draft.name}`) }),
    ...(tags && tags.length > 0 && { tags }),
    type: 'operator',
    version: 2,
  };
  return { sub: key, ...envelope(draft.name, draft), nats };
}

/** Without the activations that are to be made: those imports have no token. */
export function accountClaims(account: IdentifiedAccount, names: Names): Unsigned<AccountClaims> {
  const { name, key, draft } = account;
  const where = `account ${name}`;
  const { description, info_url, cluster_traffic, trace, tags } = draft;
  const { auth_users, allowed_accounts } = draft.authorization;
  const nats: AccountData = {
    imports: draft.imports.map((one) => importClaim(one, key, names, where)),
    exports: draft.exports.map((one) => ({
      ...one,
      revocations: byKey(one.revocations, (text) => names.account(text, `the export of ${one.subject} of ${where}`)),
    })),
    limits: { ...draft.amounts, ...draft.jetStream },
    signing_keys: account.signingKeys,
    revocations: byKey(draft.revocations, (text) => names.user(account, text, `the revocations of ${where}`)),
    default_permissions: draft.default_permissions,
    mappings: draft.mappings,
    authorization: {
      auth_users: auth_users.map((text) => names.user(account, text, `the auth callout of ${where}`)),
      allowed_accounts: allowed_accounts.map((text) =>
        text === '*' ? text : names.account(text, `the auth callout of ${where}`),
      ),
      ...(account.xkey && { xkey: account.xkey }),
    },
    ...(trace && { trace }),
    ...(cluster_traffic && { cluster_traffic }),
    ...(description && { description }),
    ...(info_url && { info_url }),
    ...(tags && tags.length > 0 && { tags }),
    type: 'account',
    version: 2,
  };
  return { sub: key, ...envelope(name, draft), nats };
}

/** @param signer whose limits and account the JWT speaks of; `scope` is that key's */
export function userClaims(
  { name, key, draft }: IdentifiedUser,
  { account, signer, scope }: { account: string; signer: string; scope: UserScope | null },
): Unsigned<UserClaims> {
  const {
    key: _key,
    role: _role,
    signer: _signer,
    jwtName: _name,
    aud: _aud,
    exp: _exp,
    nbf: _nbf,
    tags,
    ...own
  } = draft;
  const absent = scope === null ? NO_LIMIT : 0;
  const nats: UserData = {
    ...own,
    subs: own.subs ?? absent,
    data: own.data ?? absent,
    payload: own.payload ?? absent,
    ...(signer !== account && { issuer_account: account }),
    ...(tags && tags.length > 0 && { tags }),
    type: 'user',
    version: 2,
  };
  return { sub: key, ...envelope(name, draft), nats };
}

function envelope(name: string, { jwtName, aud, exp, nbf }: EntityDraft) {
  return { name: jwtName ?? name, ...(aud && { aud }), ...(exp && { exp }), ...(nbf && { nbf }) };
}

function importClaim(draft: ImportDraft, importer: string, names: Names, where: string): Import {
  const { activation, activationExpires: _expires, ...rest } = draft;
  const own = (subject: string) => subject.replaceAll(OWN_KEY, importer);
  return {
    ...rest,
    subject: own(rest.subject),
    ...(rest.local_subject !== undefined && { local_subject: own(rest.local_subject) }),
    ...(rest.to !== undefined && { to: own(rest.to) }),
    account: names.account(rest.account, `the import of ${rest.subject} of ${where}`),
    ...(activation !== undefined && activation !== AUTO && { token: activation }),
  };
}

/** Of two names of one key the later time holds. */
function byKey(times: ReadonlyMap<string, number>, key: (nameOrKey: string) => string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [text, at] of times) {
    const one = text === '*' ? text : key(text);
    found.set(one, Math.max(at, found.get(one) ?? at));
  }
  return found;
}
