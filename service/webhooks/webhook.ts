import { randomBytes } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import type { AuditEntry, Webhook } from '../../prisma/generated/client.js';
import { type Caller, hasRight } from '../auth/rights.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';

const PREFIX = 'wh_';
/** The schedule of retries is over after three days; who was away for longer asks for a replay. */
const GONE_QUIET_SECONDS = 5 * 24 * 3_600;

/** Random: an id says nothing of how many there are, and nobody guesses one. */
export function newWebhookId(): string {
  return PREFIX + randomBytes(16).toString('hex');
}

/** The `webhook-id` of an event: made of hook and event, so that it is the same with every attempt, replays included. */
export function messageId(webhook: string, seq: number): string {
  return `msg_${webhook.slice(PREFIX.length)}_${String(seq).padStart(10, '0')}`;
}

/** What an entry is looked at for. */
export type Subject = Pick<AuditEntry, 'action' | 'operatorKey' | 'accountKey'>;

/** Whether a hook is told of an event: it is of its part of the service (as in service/events), and of a type it asked for. */
export function wants(hook: Pick<Webhook, 'operatorKey' | 'accountKey' | 'types'>, entry: Subject): boolean {
  if (hook.accountKey !== null) {
    if (entry.accountKey !== hook.accountKey) return false;
  } else if (hook.operatorKey !== null && entry.operatorKey !== hook.operatorKey) return false;
  const types = typesOf(hook);
  return types.length === 0 || types.some((type) => covers(type, entry.action));
}

export function typesOf({ types }: Pick<Webhook, 'types'>): string[] {
  return JSON.parse(types) as string[];
}

function covers(type: string, action: string): boolean {
  return type.endsWith('.*') ? action.startsWith(type.slice(0, -1)) : type === action;
}

/** Nothing has arrived for so long that nobody seems to be there any more. */
export function hasGoneQuiet({ failingSince }: Pick<Webhook, 'failingSince'>, now: number): boolean {
  return failingSince !== null && now - Number(failingSince) >= GONE_QUIET_SECONDS;
}

/** The hook of an id that came from outside. One that the caller does not manage does not exist for him. */
export async function findWebhook(tx: Queries, caller: Caller, id: string): Promise<Webhook> {
  const row = await tx.webhook.findUnique({ where: { id } });
  if (!row || !hasRight(caller, 'manage', { operator: row.operatorKey, account: row.accountKey })) {
    throw new NatsctlError<ServiceErrorCode>('ERR_WEBHOOK_UNKNOWN', `there is no webhook ${id}`);
  }
  return row;
}

/** What the audit says of a hook. Of its URL no more than where it leads: with many receivers the rest is a password. */
export function auditText({ name, url, types, state }: Pick<Webhook, 'name' | 'url' | 'types' | 'state'>): string {
  return JSON.stringify({ name, origin: new URL(url).origin, types: typesOf({ types }), state });
}
