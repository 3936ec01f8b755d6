import type { Api } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions, sendApi } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';
import { type Scope, scopeKeys } from './names.js';
import { type Listed, type PageFlags, readPages } from './page.js';
import { keptSecret } from './secret.js';

const WEBHOOK = {
  id: 'string',
  name: 'string',
  url: 'string',
  operator: 'string?',
  account: 'string?',
  types: 'strings',
  signature: 'string',
  publicKey: 'string?',
  state: 'string',
  disabledReason: 'string?',
  failingSince: 'number?',
  createdBy: 'string',
  createdAt: 'number',
} as const;

const DELIVERY = {
  id: 'string',
  seq: 'number',
  type: 'string',
  state: 'string',
  attempts: 'number',
  createdAt: 'number',
  nextAttemptAt: 'number?',
  lastAttemptAt: 'number?',
  responseStatus: 'number?',
  durationMs: 'number?',
  error: 'string?',
  responseBody: 'string?',
} as const;

type Signature = NonNullable<Api['POST /webhooks']['body']['signature']>;
type State = NonNullable<Api['GET /webhooks/{webhook}/deliveries']['query']>['state'];
export type ListedWebhook = Read<Api['GET /webhooks']['answer']['items'][number], typeof WEBHOOK>;
export type Delivery = Read<Api['GET /webhooks/{webhook}/deliveries']['answer']['items'][number], typeof DELIVERY>;

export const SIGNATURES = ['hmac', 'ed25519'] as const satisfies Signature[];
export const STATES = ['pending', 'delivered', 'failed'] as const satisfies State[];

export interface WantedWebhook extends Scope {
  name: string;
  url: string;
  types: string[];
  signature: Signature;
  output: string | undefined;
}

export interface MadeWebhook extends ListedWebhook {
  service: string;
  /** Of an hmac one: null where it is in the file. */
  secret: string | null;
  file: string | null;
}

export async function createWebhook(rest: RestOptions, wanted: WantedWebhook): Promise<MadeWebhook> {
  const { name, url, types, signature, output } = wanted;
  const body = { name, url, types, signature, ...(await scopeKeys(rest, wanted)) };
  const { made, file } = await keptSecret(
    output,
    () => fromService(callApi(rest, 'POST /webhooks', { body }, { ...WEBHOOK, secret: 'string?' })),
    ({ answer }) => answer.secret,
  );
  const { secret, ...webhook } = made.answer;
  return { service: rest.base, ...webhook, secret: file === null ? secret : null, file };
}

export function listWebhooks(rest: RestOptions, flags: PageFlags): Promise<Listed<ListedWebhook>> {
  return fromService(
    readPages(flags, (query) => callApi(rest, 'GET /webhooks', { query }, { items: [WEBHOOK], next: 'string?' })),
  );
}

/** What a deletion is made from. */
export async function findWebhook(rest: RestOptions, webhook: string) {
  const { answer, etag } = await fromService(callApi(rest, 'GET /webhooks/{webhook}', { path: { webhook } }, WEBHOOK));
  return { webhook: answer, etag };
}

export async function deleteWebhook(rest: RestOptions, webhook: string, ifMatch: string | null): Promise<void> {
  await fromService(sendApi(rest, 'DELETE /webhooks/{webhook}', { path: { webhook }, ifMatch }));
}

export function listDeliveries(
  rest: RestOptions,
  webhook: string,
  filter: PageFlags & { state?: State | undefined },
): Promise<Listed<Delivery>> {
  const fields = { items: [DELIVERY], next: 'string?' } as const;
  return fromService(
    readPages(filter, (page) => {
      const query = { ...page, state: filter.state };
      return callApi(rest, 'GET /webhooks/{webhook}/deliveries', { path: { webhook }, query }, fields);
    }),
  );
}

/** One delivery by its id, or all events after the one of a number. */
export async function replay(rest: RestOptions, webhook: string, what: { delivery: string } | { after: number }) {
  if ('after' in what) {
    const { after } = what;
    await fromService(sendApi(rest, 'POST /webhooks/{webhook}/replay', { path: { webhook }, body: { after } }));
  } else {
    const path = { webhook, delivery: what.delivery };
    await fromService(sendApi(rest, 'POST /webhooks/{webhook}/deliveries/{delivery}/replay', { path }));
  }
}
