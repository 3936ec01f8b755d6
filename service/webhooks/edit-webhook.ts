import { checkEntityName } from '../../claims/names.js';
import type { Webhook } from '../../prisma/generated/client.js';
import { lastAudited, type Origin, recordAudit } from '../audit/audit.js';
import type { Caller } from '../auth/rights.js';
import { change } from '../change/change.js';
import { requireMatch } from '../http/entity-tag.js';
import type { Service } from '../service.js';
import { giveUpPending } from './disable-webhook.js';
import { settle } from './expand.js';
import { makeKeys, type SignatureKind } from './keys.js';
import { auditText, findWebhook, typesOf } from './webhook.js';

/** Which hook, whose word it is, and what it was read as. */
export interface Named {
  id: string;
  caller: Caller;
  ifMatch: string | undefined;
}

export interface WebhookEdit {
  name?: string;
  url?: string;
  types?: string[];
  enabled?: boolean;
}

/** What a hook was made for does not change: another part of the service is another hook. */
export async function editWebhook(service: Service, named: Named, edit: WebhookEdit, origin: Origin): Promise<Webhook> {
  const { name, url, types, enabled } = edit;
  if (name !== undefined) checkEntityName(name, 'webhook');
  if (url !== undefined) {
    await findWebhook(service.store.db, named.caller, named.id);
    await service.outbound.check(url);
  }
  const row = await change(service, origin, async (tx) => {
    const before = await findWebhook(tx, named.caller, named.id);
    requireMatch(named.ifMatch, before);
    const next = {
      name: name ?? before.name,
      url: url ?? before.url,
      types: JSON.stringify(types ?? typesOf(before)),
      state: enabled === undefined ? before.state : enabled ? 'enabled' : 'disabled',
    };
    // Before the edit's own entry: that is for what is wanted from now on.
    if (next.types !== before.types && before.state === 'enabled') await settle(tx, before, service.now());
    await recordAudit(tx, { ...entryOf(service, before, origin), before: auditText(before), after: auditText(next) });
    const data = { ...next, failingSince: null, version: { increment: 1 } };
    if (next.state === before.state) return tx.webhook.update({ where: { id: before.id }, data });
    if (enabled) {
      const fromNow = { disabledReason: null, cursor: lastAudited(tx) };
      return tx.webhook.update({ where: { id: before.id }, data: { ...data, ...fromNow } });
    }
    await giveUpPending(tx, before.id);
    return tx.webhook.update({ where: { id: before.id }, data: { ...data, disabledReason: 'by-request' } });
  });
  service.webhooks.wake(row.id);
  return row;
}

/** A new key signs from now on; those before it sign along until the overlap is over. */
export async function rotateWebhook(
  service: Service,
  named: Named,
  { signature, overlap }: { signature?: SignatureKind | undefined; overlap: number },
  origin: Origin,
): Promise<{ row: Webhook; secret: string | null }> {
  return change(service, origin, async (tx) => {
    const before = await findWebhook(tx, named.caller, named.id);
    requireMatch(named.ifMatch, before);
    const kind = signature ?? (before.publicKey === null ? 'hmac' : 'ed25519');
    const { secret, ...keys } = await makeKeys(service.custody, before, kind, { now: service.now(), overlap });
    await recordAudit(tx, {
      ...entryOf(service, before, origin),
      action: 'webhook.rotate',
      detail: { signature: kind, overlap },
    });
    const data = { ...keys, version: { increment: 1 } };
    return { row: await tx.webhook.update({ where: { id: before.id }, data }), secret };
  });
}

export async function deleteWebhook(service: Service, named: Named, origin: Origin): Promise<void> {
  await change(service, origin, async (tx) => {
    const before = await findWebhook(tx, named.caller, named.id);
    requireMatch(named.ifMatch, before);
    await tx.webhook.delete({ where: { id: before.id } });
    await recordAudit(tx, {
      ...entryOf(service, before, origin),
      action: 'webhook.delete',
      before: auditText(before),
    });
  });
}

function entryOf({ now }: Service, { id, operatorKey, accountKey }: Webhook, actor: Origin) {
  const entry = { at: now(), actor, entity: id, operator: operatorKey, account: accountKey };
  return { ...entry, action: 'webhook.update' as const };
}
