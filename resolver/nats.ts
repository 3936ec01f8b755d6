/**
 * The NATS form of a claims resolver: requests on `$SYS.REQ...` over a connection of the system account, each answered once
 * by every server (nats-server `accounts.go`, `events.go`). No headers are sent: some servers take them for a part of the
 * JWT (nats-server#6766, #7413).
 */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';

export interface ServerAnswer {
  /** The server's name, or its id where it has none. */
  server: string;
  /** The server's id; empty in an answer that could not be read. */
  serverId: string;
  ok: boolean;
  message: string;
}

export interface GatherOptions {
  /** Stop as soon as so many servers answered. Unknown = wait for quiet. */
  expectServers?: number;
  /** Milliseconds for all of it. */
  waitMs: number;
  /** Milliseconds without another answer that end the wait when the number of servers is unknown. */
  quietMs?: number;
}

const QUIET_MS = 200;
/** A supercluster has hundreds of servers, not thousands; beyond this somebody is making answers up. */
const MAX_ANSWERS = 4_096;
const MAX_TEXT = 500;

/** Announces an account JWT to every server of the system, and tells what each one answered. */
export async function updateAccount(
  connection: NatsConnection,
  account: string,
  token: string,
  options: GatherOptions,
): Promise<ServerAnswer[]> {
  const replies = await gather(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.UPDATE`, token, options);
  return replies.map((reply) => parseUpdateReply(reply.data, account));
}

/** The ids of the servers that the system has now: each one answers a ping. */
export async function listServers(connection: NatsConnection, options: GatherOptions): Promise<Set<string>> {
  const replies = await gather(connection, '$SYS.REQ.SERVER.PING', '', options);
  const ids = new Set<string>();
  for (const reply of replies) {
    const server = serverOf(parseObject(reply.data));
    if (server) ids.add(server.serverId);
  }
  return ids;
}

/** `{"server":{...},"data":{"account","code":200,"message"}}`, or `{"server":{...},"error":{"account","code","description"}}`. */
export function parseUpdateReply(data: Uint8Array, account: string): ServerAnswer {
  const reply = parseObject(data);
  const server = serverOf(reply);
  if (!reply || !server)
    return { server: 'unknown', serverId: '', ok: false, message: 'an answer that cannot be read' };
  const refused = objectAt(reply, 'error');
  if (refused)
    return { ...server, ok: false, message: textAt(refused, 'description') ?? textAt(refused, 'message') ?? 'refused' };
  const done = objectAt(reply, 'data');
  if (done?.code !== 200) return { ...server, ok: false, message: 'an answer without a result' };
  if (done.account !== account) return { ...server, ok: false, message: 'an answer about another account' };
  return { ...server, ok: true, message: textAt(done, 'message') ?? 'jwt updated' };
}

async function gather(
  connection: NatsConnection,
  subject: string,
  payload: string,
  { expectServers, waitMs, quietMs = QUIET_MS }: GatherOptions,
): Promise<Msg[]> {
  return new Promise((resolve, reject) => {
    const replies: Msg[] = [];
    const inbox = createInbox();
    let quiet: NodeJS.Timeout | undefined;
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return finish(error);
        // "No responders" is an empty message with a status header: nobody in the system listens.
        if (message.data.length === 0 && message.headers?.code === 503) return finish();
        replies.push(message);
        if (replies.length >= Math.min(expectServers ?? MAX_ANSWERS, MAX_ANSWERS)) return finish();
        if (expectServers === undefined) {
          clearTimeout(quiet);
          quiet = setTimeout(finish, quietMs);
        }
      },
    });
    const end = setTimeout(finish, waitMs);
    function finish(error?: Error): void {
      clearTimeout(end);
      clearTimeout(quiet);
      subscription.unsubscribe();
      if (error) reject(error);
      else resolve(replies);
    }
    connection.publish(subject, payload, { reply: inbox });
  });
}

function serverOf(reply: Record<string, unknown> | null): { server: string; serverId: string } | null {
  const server = reply && objectAt(reply, 'server');
  const serverId = server ? textAt(server, 'id') : undefined;
  if (!server || !serverId) return null;
  return { server: textAt(server, 'name') ?? serverId, serverId };
}

function parseObject(data: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function objectAt(value: Record<string, unknown>, key: string): Record<string, unknown> | null {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined;
  return isObject(inner) ? inner : null;
}

function textAt(value: Record<string, unknown>, key: string): string | undefined {
  const inner = Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof inner === 'string' && inner !== '' ? inner.slice(0, MAX_TEXT) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
