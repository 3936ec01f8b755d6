import { NatsctlError } from '../../claims/errors.js';
import { checkEntityName } from '../../claims/names.js';
import type { Webhook } from '../../prisma/generated/client.js';
import { lastAudited, type Origin, recordAudit } from '../audit/audit.js';
import type { Scope } from '../auth/rights.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { makeKeys, type SignatureKind } from './keys.js';
import { auditText, newWebhookId } from './webhook.js';

export interface NewWebhook {
  name: string;
  url: string;
  scope: Scope;
  types: string[];
  signature: SignatureKind;
}

/** Each has a connection of its own, and is looked at with every event. */
const MAX_HOOKS = 256;
/** Of one operator itself, of one account, and of the service: nobody takes all of them. */
const MAX_OF_SCOPE = 16;

export async function createWebhook(
  service: Service,
  { name, url, scope, types, signature }: NewWebhook,
  origin: Origin,
): Promise<{ row: Webhook; secret: string | null }> {
  checkEntityName(name, 'webhook');
  await service.outbound.check(url);
  const id = newWebhookId();
  const owned = { id, operatorKey: scope.operator ?? null, accountKey: scope.account ?? null };
  const at = service.now();
  const { secret, ...keys } = await makeKeys(service.custody, owned, signature, { now: at, overlap: 0 });
  const row = await change(service, origin, async (tx) => {
    await requireRoom(tx, owned);
    const fresh = { ...owned, name, url, types: JSON.stringify(types), state: 'enabled' };
    await recordAudit(tx, {
      at,
      actor: origin,
      action: 'webhook.create',
      entity: id,
      operator: owned.operatorKey,
      account: owned.accountKey,
      after: auditText(fresh),
      detail: { name },
    });
    // Told of what comes after its own making.
    const made = { ...fresh, ...keys, cursor: lastAudited(tx), createdBy: origin.actor, createdAt: BigInt(at) };
    return tx.webhook.create({ data: made });
  });
  return { row, secret };
}

async function requireRoom(tx: Queries, { operatorKey, accountKey }: Pick<Webhook, 'operatorKey' | 'accountKey'>) {
  const full = (message: string) =>
    new NatsctlError<ServiceErrorCode>('ERR_WEBHOOKS_FULL', message, { hint: 'delete one that is not needed' });
  if ((await tx.webhook.count({ where: { operatorKey, accountKey } })) >= MAX_OF_SCOPE) {
    throw full(`there are ${MAX_OF_SCOPE} webhooks for this already`);
  }
  if ((await tx.webhook.count()) >= MAX_HOOKS) throw full(`this service has ${MAX_HOOKS} webhooks already`);
}
