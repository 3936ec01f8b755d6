/**
 * What servers say to requests about claims (nats-server `accounts.go`, `events.go`): read exactly, since an answer that is
 * taken for a yes and is none leaves a revoked user in.
 */
import { isPublicKey } from '../claims/keys/nkey.js';

export interface ServerAnswer {
  /** The server's name, or its id where it has none. */
  server: string;
  /** The server's id; empty in an answer that could not be read. */
  serverId: string;
  ok: boolean;
  message: string;
}

const MAX_TEXT = 500;
const UNREADABLE: ServerAnswer = {
  server: 'unknown',
  serverId: '',
  ok: false,
  message: 'an answer that cannot be read',
};

/** `{"server":{...},"data":{"account","code":200,"message"}}`, or `{"server":{...},"error":{"account","code","description"}}`. */
export function parseUpdateReply(data: Uint8Array, account: string): ServerAnswer {
  return parseStatus(data, account, 'jwt updated');
}

/** As of an update, but that no account is named in it. */
export function parseDeleteReply(data: Uint8Array): ServerAnswer {
  return parseStatus(data, undefined, 'deleted');
}

function parseStatus(data: Uint8Array, account: string | undefined, done: string): ServerAnswer {
  const reply = parseObject(data);
  const server = serverOf(reply);
  if (!reply || !server) return UNREADABLE;
  const refused = objectAt(reply, 'error');
  if (refused)
    return { ...server, ok: false, message: textAt(refused, 'description') ?? textAt(refused, 'message') ?? 'refused' };
  const result = objectAt(reply, 'data');
  if (result?.code !== 200) return { ...server, ok: false, message: 'an answer without a result' };
  if (result.account !== account) return { ...server, ok: false, message: 'an answer about another account' };
  return { ...server, ok: true, message: textAt(result, 'message') ?? done };
}

/** The accounts that one server holds. */
export interface ServerAccounts {
  server: string;
  serverId: string;
  accounts: string[];
}

/** `{"server":{...},"data":["A...",...]}`; null where it is anything else. */
export function parseListReply(data: Uint8Array): ServerAccounts | null {
  const reply = parseObject(data);
  const server = serverOf(reply);
  const list = reply && Object.hasOwn(reply, 'data') ? reply.data : undefined;
  if (!server || !Array.isArray(list)) return null;
  if (!list.every((key): key is string => isPublicKey(key, 'account'))) return null;
  return { ...server, accounts: list };
}

/** Lines of `A...|<jwt>`, as a full resolver packs what it holds; null where there is anything else among them. */
export function parsePackMessage(data: Uint8Array): { account: string; token: string }[] | null {
  const text = textOf(data);
  if (text === null) return null;
  const found: { account: string; token: string }[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [account = '', token = '', ...more] = line.split('|');
    if (!isPublicKey(account, 'account') || token === '' || more.length > 0) return null;
    found.push({ account, token });
  }
  return found;
}

/** Who answered a ping. */
export function parsePingReply(data: Uint8Array): { server: string; serverId: string } | null {
  return serverOf(parseObject(data));
}

function serverOf(reply: Record<string, unknown> | null): { server: string; serverId: string } | null {
  const server = reply && objectAt(reply, 'server');
  const serverId = server ? textAt(server, 'id') : undefined;
  if (!server || !serverId) return null;
  return { server: textAt(server, 'name') ?? serverId, serverId };
}

/** Null where it is not UTF-8. */
export function textOf(data: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return null;
  }
}

function parseObject(data: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(textOf(data) ?? '');
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
