import { EVERYONE, revoke } from '../../claims/account/revocation.js';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { AccountClaims } from '../../claims/types.js';
import { pushAccount } from '../../resolver/http.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { readOperator, type StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { readable } from './held.js';
import type { NatsRemote } from './nats-remote.js';
import { judged } from './push-nats.js';
import { type ServerResult, serverResults } from './push-row.js';
import { openRemote, type Remote, type ServiceRemote } from './remote.js';
import type { RemoteKind } from './remote-choice.js';
import type { RemoteOptions } from './remote-options.js';
import { judgedRemoval, requestRemoval } from './remove.js';
import { serviceFault } from './service-url.js';

/** How an account ended where accounts are kept. */
export interface Retired {
  kind: RemoteKind;
  url: string;
  /** `expiring`: everybody in it is revoked, and it ends in a minute; `absent`: it was not there. */
  result: 'deleted' | 'expiring' | 'absent';
  /** Unix seconds; null unless expiring. */
  expires: number | null;
  servers: ServerResult[];
}

/** nsc's minute. Servers refuse a JWT that has ended already. */
const LAST_SECONDS = 60;

/**
 * Ends an account where accounts are kept. Servers delete it where they are told that they may; elsewhere it is replaced by a
 * JWT in which everybody is revoked and that expires in a minute. Throws where it did not end everywhere.
 */
export async function retireAccount(
  workspace: Workspace,
  account: StoredAccount,
  options: RemoteOptions & { key?: string | undefined },
): Promise<Retired> {
  const remote = await reached(workspace, account, options);
  try {
    // Before anything is sent: whoever is away now has the account when it is back, and hands it to the others.
    if (remote.kind === 'nats' && remote.missing > 0) {
      throw notEnded(account, `${remote.missing} of the ${remote.expected} servers expected are not there`);
    }
    const held = await remote.read(account.jwt.claims.sub);
    const done = { kind: remote.kind, url: remote.url, expires: null, servers: [] };
    if (held.token === null) return { ...done, result: 'absent' };
    const last = await lastToken(workspace, account, held.token, options.key);
    const ended =
      remote.kind === 'nats'
        ? await endOnServers(workspace, remote, account, last.token, options.key)
        : await endAtService(remote, account, held.token, last.token);
    return { ...done, ...ended, expires: ended.result === 'expiring' ? last.expires : null };
  } finally {
    await remote.close();
  }
}

/** Where nobody can be asked, nothing is deleted here either. */
async function reached(workspace: Workspace, { name }: StoredAccount, options: RemoteOptions): Promise<Remote> {
  try {
    return await openRemote(workspace, options, 1);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw new NatsctlError(error.code, `account ${name} cannot be ended where it was pushed to: ${error.message}`, {
      hint: `nothing was deleted; name the address with --service, or delete it here alone with --no-revoke`,
      details: error.details,
      cause: error,
    });
  }
}

async function endOnServers(
  workspace: Workspace,
  remote: NatsRemote,
  account: StoredAccount,
  last: string,
  key: string | undefined,
): Promise<Pick<Retired, 'result' | 'servers'>> {
  const { sub } = account.jwt.claims;
  const answers = await requestRemoval(workspace, remote, [sub], key);
  const removal = judgedRemoval(answers, remote.missing);
  if (removal.result === 'removed') return { result: 'deleted', servers: serverResults(answers) };
  if (removal.code !== 'ERR_DELETE_DISABLED') throw notEnded(account, removal.message ?? 'no server answered');
  const update = judged(await remote.update(sub, last), remote.expected, 'updated');
  if (update.result !== 'updated') throw notEnded(account, update.message ?? 'no server answered');
  return { result: 'expiring', servers: update.servers };
}

async function endAtService(
  { address, timeoutMs }: ServiceRemote,
  account: StoredAccount,
  held: string,
  last: string,
): Promise<Pick<Retired, 'result' | 'servers'>> {
  const before = readable(account.jwt.claims.sub, held)?.claims.jti;
  try {
    const result = await pushAccount(address, last, { timeoutMs, ...(before !== undefined && { ifMatch: before }) });
    if (result.status === 'refused' || result.status === 'pending') throw notEnded(account, result.message);
  } catch (error) {
    throw serviceFault(error);
  }
  return { result: 'expiring', servers: [] };
}

/** The account as it is held, so that nothing is said of it that was not so, with everybody revoked and an end. */
async function lastToken(
  workspace: Workspace,
  account: StoredAccount,
  held: string,
  key: string | undefined,
): Promise<{ token: string; expires: number }> {
  const { now, store } = workspace;
  const before = readable(account.jwt.claims.sub, held)?.claims ?? account.jwt.claims;
  const operator = (await readOperator(store)).claims;
  const signer = await operatorSigner(workspace, operator, { key, previous: before.iss });
  const at = Math.max(now, before.iat, account.jwt.claims.iat);
  const exp = at + LAST_SECONDS;
  const claims = structuredClone(before);
  claims.exp = exp;
  claims.nats.revocations = revoke(claims.nats.revocations, EVERYONE, at);
  const { token } = await signChecked<AccountClaims>(claims, signer, { now, after: before.iat });
  return { token, expires: exp };
}

function notEnded({ name, jwt }: StoredAccount, why: string): Error {
  return cliError('ERR_DELETE_REFUSED', `account ${name} did not end everywhere: ${why}`, {
    hint: 'nothing was deleted here; see to it and try again, or delete it here alone with --no-revoke',
    details: { account: jwt.claims.sub },
  });
}
