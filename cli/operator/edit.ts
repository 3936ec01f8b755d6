import { isPublicKey } from '../../claims/keys/nkey.js';
import type { OperatorClaims, OperatorData } from '../../claims/types.js';
import { hasJetStream } from '../account/jetstream.js';
import { type Change, type ChangeOptions, changeOperator } from '../change/change.js';
import { editList, editTags, hasEdits, type ListEdit } from '../change/list.js';
import { editValidity, type ValidityEdit } from '../change/validity.js';
import { cliError, usageError } from '../errors.js';
import { shellWord } from '../output/shell-word.js';
import { findAccount, findAccountByKey, isDamaged, listAccounts, type OperatorStore } from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { Workspace } from '../workspace.js';
import { accountServerUrl, serviceUrls } from './urls.js';

export interface OperatorEdit extends ValidityEdit {
  serviceUrls: ListEdit;
  /** Empty: none any more. */
  accountServerUrl?: string | undefined;
  /** Name or key; empty: none any more. */
  systemAccount?: string | undefined;
  requireSigningKeys?: boolean | undefined;
  tags: ListEdit;
  /** Servers older than this do not start with this operator; empty: any. */
  assertServerVersion?: string | undefined;
}

export async function editOperator(
  workspace: Workspace,
  edit: OperatorEdit,
  options: ChangeOptions = {},
): Promise<Change<OperatorClaims>> {
  if (!hasEdits(edit) && options.key === undefined) throw usageError('nothing to edit is given', 'see --help');
  return changeOperator(workspace, options, async (claims, { store }) => {
    const urls = { add: serviceUrls(edit.serviceUrls.add), remove: edit.serviceUrls.remove.map(asKept) };
    let nats: OperatorData = {
      ...editTags(claims.nats, edit.tags),
      operator_service_urls: editList(claims.nats.operator_service_urls, urls, 'service URL'),
    };
    if (edit.accountServerUrl !== undefined) {
      nats = withText(nats, 'account_server_url', edit.accountServerUrl && accountServerUrl(edit.accountServerUrl));
    }
    if (edit.systemAccount !== undefined) {
      const account = edit.systemAccount && (await systemAccountKey(store, edit.systemAccount));
      nats = withText(nats, 'system_account', account);
    }
    if (edit.assertServerVersion !== undefined) {
      nats = withText(nats, 'assert_server_version', edit.assertServerVersion);
    }
    if (edit.requireSigningKeys !== undefined) {
      const { strict_signing_key_usage: before, ...rest } = nats;
      if (edit.requireSigningKeys && !before) await refuseIdentitySigned(store, claims);
      nats = edit.requireSigningKeys ? { ...rest, strict_signing_key_usage: true } : rest;
    }
    return editValidity({ ...claims, nats }, edit);
  });
}

/** As serviceUrls() leaves one, but one that somebody else wrote wrong must be removable too. */
function asKept(url: string): string {
  return url.trim().replace(/\/+$/, '').toLowerCase();
}

function withText(
  data: OperatorData,
  name: 'account_server_url' | 'system_account' | 'assert_server_version',
  value: string,
): OperatorData {
  const { [name]: _before, ...rest } = data;
  return value === '' ? rest : { ...rest, [name]: value };
}

/** Its key need not be known here: the account may be kept elsewhere. */
async function systemAccountKey(store: OperatorStore, nameOrKey: string): Promise<string> {
  const isKey = isPublicKey(nameOrKey, 'account');
  const account = isKey ? await findAccountByKey(store, nameOrKey) : await findAccount(store, nameOrKey);
  if (!account) return nameOrKey;
  if (hasJetStream(account.jwt.claims.nats.limits)) {
    throw cliError(
      'ERR_JETSTREAM_SYSTEM_ACCOUNT',
      `account ${account.name} has JetStream, which a system account may not`,
      {
        hint: `run \`natsctl account edit ${shellWord(account.name)} --js-disable\` first`,
        details: { account: account.name },
      },
    );
  }
  return account.jwt.claims.sub;
}

/** A strict operator's servers would refuse what an identity key signed: all of it has to be signed anew before. */
async function refuseIdentitySigned(store: OperatorStore, operator: OperatorClaims): Promise<void> {
  if (operator.nats.signing_keys.length === 0) {
    throw cliError('ERR_SIGNING_KEYS_REQUIRED', `operator ${store.name} has no signing key to require`, {
      hint: 'run `natsctl operator signing-key add` first',
      details: { operator: store.name },
    });
  }
  const accounts: string[] = [];
  const users: string[] = [];
  for (const account of await listAccounts(store)) {
    if (isDamaged(account)) throw account.problem;
    const { claims } = account.jwt;
    if (claims.iss === operator.sub) accounts.push(account.name);
    for (const user of await listUsers(store, account.name)) {
      if (isDamaged(user)) throw user.problem;
      if (user.jwt.claims.iss === claims.sub) users.push(`${account.name}/${user.name}`);
    }
  }
  if (accounts.length + users.length === 0) return;
  const named = [
    ...(accounts.length > 0 ? [`accounts ${accounts.join(', ')}`] : []),
    ...(users.length > 0 ? [`users ${users.join(', ')}`] : []),
  ];
  throw cliError('ERR_IDENTITY_KEY_USED', `signed by an identity key: ${named.join('; ')}`, {
    hint: 'sign them with a signing key first: `natsctl account edit NAME -K O...`, `natsctl user edit NAME -a ACCOUNT -K A...`',
    details: { accounts, users },
  });
}
