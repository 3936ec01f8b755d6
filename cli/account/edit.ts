import type { AccountClaims, AccountData, AccountLimits, MsgTrace } from '../../claims/types.js';
import { type Change, type ChangeOptions, changeAccount } from '../change/change.js';
import { editTags, hasEdits, type ListEdit } from '../change/list.js';
import { newWarnings } from '../change/report.js';
import { editValidity, type ValidityEdit } from '../change/validity.js';
import { cliError, usageError } from '../errors.js';
import { editPermissions, openedLists, type PermissionEdit } from '../permission/edit.js';
import { givenKey } from '../signer.js';
import { isDamaged, readOperator } from '../store/store.js';
import { listUsers } from '../store/users.js';
import type { Workspace } from '../workspace.js';
import { type AuthCalloutEdit, editAuthCallout } from './auth-callout.js';
import { editJetStream, hasJetStream, type JetStreamEdit } from './jetstream.js';

type PlainLimit =
  | 'conn'
  | 'leaf'
  | 'data'
  | 'payload'
  | 'subs'
  | 'imports'
  | 'exports'
  | 'wildcards'
  | 'disallow_bearer';

export interface AccountEdit extends ValidityEdit {
  limits: { [name in PlainLimit]?: AccountLimits[name] | undefined };
  jetStream: JetStreamEdit;
  /** What users may do who have no permissions of their own. */
  defaultPermissions: PermissionEdit;
  /** Subject that W3C trace contexts are sent to (empty: none), and percent of messages. */
  trace: { dest?: string | undefined; sampling?: number | undefined };
  /** `xkey` may also be `generate`, a seed, or a file with one. */
  authCallout: AuthCalloutEdit;
  clusterTraffic?: string | undefined;
  /** Empty: none any more. */
  description?: string | undefined;
  infoUrl?: string | undefined;
  tags: ListEdit;
}

export async function editAccount(
  workspace: Workspace,
  nameOrKey: string | undefined,
  edit: AccountEdit,
  options: ChangeOptions = {},
): Promise<Change<AccountClaims> & { name: string; warnings: string[] }> {
  if (!hasEdits(edit) && options.key === undefined) throw usageError('nothing to edit is given', 'see --help');
  const { xkey } = edit.authCallout;
  const curve = xkey ? await givenKey(xkey, 'curve') : null;
  const authCallout = curve ? { ...edit.authCallout, xkey: curve.publicKey } : edit.authCallout;
  let name = '';
  const change = await changeAccount(
    workspace,
    nameOrKey,
    { ...options, seeds: [curve?.seed ?? null] },
    async (claims, account) => {
      name = account.name;
      const { store } = workspace;
      const limits = editJetStream({ ...claims.nats.limits, ...given(edit.limits) }, edit.jetStream);
      if (hasJetStream(limits)) await refuseForSystemAccount(workspace, claims.sub, name);
      if (limits.disallow_bearer) await refuseWithBearers(workspace, name, claims);
      const nats: AccountData = {
        ...editTags(claims.nats, edit.tags),
        limits,
        default_permissions: editPermissions(claims.nats.default_permissions, edit.defaultPermissions),
        authorization: await editAuthCallout(store, name, claims.nats.authorization, authCallout),
        ...(edit.clusterTraffic !== undefined && { cluster_traffic: edit.clusterTraffic }),
      };
      setText(nats, 'description', edit.description);
      setText(nats, 'info_url', edit.infoUrl);
      const trace = editTrace(nats.trace, edit.trace);
      if (trace) nats.trace = trace;
      else delete nats.trace;
      return editValidity({ ...claims, nats }, edit);
    },
  );
  const warnings = openedLists(change.before.nats.default_permissions, change.after.nats.default_permissions);
  const opened = warnings.map((text) => `a user without permissions: ${text}`);
  return { ...change, name, warnings: [...opened, ...newWarnings(change, workspace.now)] };
}

/** Without what is not given, which would hide what is there. */
function given<T extends object>(values: T): { [name in keyof T]: Exclude<T[name], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [name in keyof T]: Exclude<T[name], undefined> };
}

function setText(data: AccountData, name: 'description' | 'info_url', value: string | undefined): void {
  if (value === undefined) return;
  if (value === '') delete data[name];
  else data[name] = value;
}

function editTrace(trace: MsgTrace | undefined, edit: AccountEdit['trace']): MsgTrace | undefined {
  if (edit.dest === '') {
    if (edit.sampling !== undefined) throw usageError('--trace-context-sampling has no use without a subject');
    return undefined;
  }
  if (edit.dest === undefined && edit.sampling === undefined) return trace;
  const dest = edit.dest ?? trace?.dest;
  if (dest === undefined) {
    throw usageError('--trace-context-sampling needs a subject', 'give --trace-context-subject as well');
  }
  return { ...trace, dest, ...(edit.sampling !== undefined && { sampling: edit.sampling }) };
}

/** nats-server does not start with it. */
async function refuseForSystemAccount({ store }: Workspace, key: string, name: string): Promise<void> {
  if ((await readOperator(store)).claims.nats.system_account !== key) return;
  throw cliError('ERR_JETSTREAM_SYSTEM_ACCOUNT', `${name} is the system account, which cannot have JetStream`, {
    hint: 'take its limits away with --js-disable',
    details: { account: name },
  });
}

/** Servers would turn those users away: they have to be changed first. */
async function refuseWithBearers({ store }: Workspace, name: string, claims: AccountClaims): Promise<void> {
  const roles = [...claims.nats.signing_keys.values()].flatMap((scope) =>
    scope?.template.bearer_token ? [scope.role] : [],
  );
  const users: string[] = [];
  for (const user of await listUsers(store, name)) {
    if (isDamaged(user)) throw user.problem;
    if (user.jwt.claims.nats.bearer_token) users.push(user.name);
  }
  if (users.length + roles.length === 0) return;
  const named = [
    ...(users.length > 0 ? [`users ${users.join(', ')}`] : []),
    ...(roles.length > 0 ? [`roles ${roles.join(', ')}`] : []),
  ];
  throw cliError('ERR_BEARER_DISALLOWED', `account ${name} has bearer tokens in use: ${named.join('; ')}`, {
    hint: 'change them first with `natsctl user edit NAME --no-bearer` or `natsctl account signing-key edit ROLE --no-bearer`',
    details: { users, roles },
  });
}
