/**
 * The NATS form of a claims resolver: requests on `$SYS.REQ...` over a connection of the system account, each answered once
 * by every server (nats-server `accounts.go`, `events.go`). No headers are sent: some servers take them for a part of the
 * JWT (nats-server#6766, #7413). What is fetched is not judged here: it is a token as received, to be verified by its reader.
 */
import type { NatsConnection } from '@nats-io/nats-core';
import { NatsctlError } from '../claims/errors.js';
import {
  parseDeleteReply,
  parseListReply,
  parsePackMessage,
  parsePingReply,
  parseUpdateReply,
  type ServerAccounts,
  type ServerAnswer,
  textOf,
} from './claims-answer.js';
import type { ResolverErrorCode } from './errors.js';
import { type GatherOptions, gather } from './gather.js';

/** More accounts than any operator has; a pack that goes on is cut off. */
const MAX_PACKED = 1_000_000;
/** As the claims' own bound. */
const MAX_TOKEN_BYTES = 1024 * 1024;

/** What a connection must be allowed to publish to, for everything below. */
export const RESOLVER_SUBJECTS = [
  '$SYS.REQ.SERVER.PING',
  '$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE',
  '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP',
  '$SYS.REQ.CLAIMS.LIST',
  '$SYS.REQ.CLAIMS.PACK',
  '$SYS.REQ.CLAIMS.DELETE',
] as const;

/** Announces an account JWT to every server of the system, and tells what each one answered. */
export async function updateAccount(
  connection: NatsConnection,
  account: string,
  token: string,
  options: GatherOptions & { expectIds?: ReadonlySet<string> },
): Promise<ServerAnswer[]> {
  const answers: ServerAnswer[] = [];
  await gather(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.UPDATE`, token, {
    ...options,
    patient: options.expectIds !== undefined,
    enough: (message) => {
      answers.push(parseUpdateReply(message.data, account));
      return options.expectIds !== undefined && allAnswered(options.expectIds, answers);
    },
  });
  return answers;
}

/** The ids of the servers that the system has now: each one answers a ping. */
export async function listServers(connection: NatsConnection, options: GatherOptions): Promise<Set<string>> {
  return new Set((await pingServers(connection, options)).keys());
}

/** As `listServers`, with their names. */
export async function pingServers(connection: NatsConnection, options: GatherOptions): Promise<Map<string, string>> {
  const servers = new Map<string, string>();
  for (const { data } of await gather(connection, '$SYS.REQ.SERVER.PING', '', options)) {
    const one = parsePingReply(data);
    if (one) servers.set(one.serverId, one.server);
  }
  return servers;
}

/** What the full resolvers hold of one account. They do not say who they are. */
export interface LookedUp {
  /** How many answered. */
  answers: number;
  /** How many of them have no such account. */
  without: number;
  /** What the others have: as many as servers, so that one that stayed behind is seen. */
  tokens: string[];
}

export async function lookupAccount(
  connection: NatsConnection,
  account: string,
  options: GatherOptions,
): Promise<LookedUp> {
  const found: LookedUp = { answers: 0, without: 0, tokens: [] };
  for (const { data } of await gather(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', options)) {
    found.answers++;
    if (data.length === 0) found.without++;
    else found.tokens.push(data.length > MAX_TOKEN_BYTES ? '' : (textOf(data)?.trim() ?? ''));
  }
  return found;
}

/** Which accounts each server holds: all of them in a full resolver, some in a cache. */
export async function listAccounts(connection: NatsConnection, options: GatherOptions): Promise<ServerAccounts[]> {
  const lists: ServerAccounts[] = [];
  for (const { data } of await gather(connection, '$SYS.REQ.CLAIMS.LIST', '', options)) {
    const list = parseListReply(data);
    if (list === null) throw wrongAnswer('$SYS.REQ.CLAIMS.LIST', 'a list that cannot be read');
    lists.push(list);
  }
  return lists;
}

/**
 * Every account with its JWT as one of the full resolvers has them. Null where none is there to answer.
 *
 * @param options.hash of what is held here (`packHash`): who holds the same answers with nothing
 * @throws NatsctlError ERR_RESOLVER_ANSWER where it ends early: half a pack must not be taken for everything
 */
export async function packAccounts(
  connection: NatsConnection,
  { hash, ...options }: { waitMs: number; quietMs: number; hash?: Uint8Array },
): Promise<Map<string, string> | null> {
  const packed = new Map<string, string>();
  let complete = false;
  let sound = true;
  const answers = await gather(connection, '$SYS.REQ.CLAIMS.PACK', hash ?? '', {
    ...options,
    maxAnswers: MAX_PACKED,
    enough: ({ data }) => {
      // An empty message is the end of it.
      if (data.length === 0) complete = true;
      const entries = parsePackMessage(data);
      if (entries === null) sound = false;
      else for (const { account, token } of entries) packed.set(account, token);
      return complete || !sound;
    },
  });
  if (answers.length === 0) return null;
  if (!sound) throw wrongAnswer('$SYS.REQ.CLAIMS.PACK', 'a message that cannot be read');
  if (!complete) throw wrongAnswer('$SYS.REQ.CLAIMS.PACK', `only ${packed.size} accounts and no end`);
  return packed;
}

/** Has the servers delete accounts. @param request a generic JWT that an operator key signed over itself, naming them */
export async function deleteAccounts(
  connection: NatsConnection,
  request: string,
  options: GatherOptions & { expectIds?: ReadonlySet<string> },
): Promise<ServerAnswer[]> {
  const answers: ServerAnswer[] = [];
  await gather(connection, '$SYS.REQ.CLAIMS.DELETE', request, {
    ...options,
    patient: options.expectIds !== undefined,
    enough: (message) => {
      answers.push(parseDeleteReply(message.data));
      return options.expectIds !== undefined && allAnswered(options.expectIds, answers);
    },
  });
  return answers;
}

function allAnswered(expected: ReadonlySet<string>, answers: ServerAnswer[]): boolean {
  if (answers.length < expected.size) return false;
  const ids = new Set(answers.map((one) => one.serverId));
  return [...expected].every((id) => ids.has(id));
}

function wrongAnswer(subject: string, what: string): NatsctlError<ResolverErrorCode> {
  return new NatsctlError<ResolverErrorCode>('ERR_RESOLVER_ANSWER', `a server answers ${subject} with ${what}`, {
    hint: 'try again; if it stays, look at the log of the server',
    details: { subject },
  });
}
