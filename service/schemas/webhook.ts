import { type Static, Type } from 'typebox';
import type { Webhook, WebhookDelivery } from '../../prisma/generated/client.js';
import type { Outcome } from '../webhooks/post.js';
import { typesOf } from '../webhooks/webhook.js';
import { closed, Id, Name, named, Page, UnixSeconds } from './common.js';

const WEEK_HOURS = 168;

const Url = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'https://..., on the public internet (service setting `outbound-allow` opens other networks)',
});
const Types = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,40}\\.([a-z][a-z0-9-]{0,40}|\\*)$' }), {
  maxItems: 32,
  description: 'Types of events wanted, as GET /events names them: `account.create`, or `account.*`; empty = all',
});
const Signature = Type.Union([Type.Literal('hmac'), Type.Literal('ed25519')], {
  description:
    '`hmac`: by a secret that the receiver has too (v1); `ed25519`: by a key of which it has the public one (v1a)',
});

export const NewWebhookBody = Type.Object(
  {
    name: Name,
    url: Url,
    operator: Type.Optional(Id('Operator whose events, and those of its accounts, are sent')),
    account: Type.Optional(Id('Account whose events are sent; with neither, those of the whole service are')),
    types: Type.Optional(Types),
    signature: Type.Optional(Signature),
  },
  named('NewWebhook'),
);

export const WebhookPatch = Type.Object(
  {
    name: Type.Optional(Name),
    url: Type.Optional(Url),
    types: Type.Optional(Types),
    enabled: Type.Optional(
      Type.Boolean({ description: 'Once enabled it is sent what happens from then on; ask for a replay of the rest' }),
    ),
  },
  closed,
);

export const Rotation = Type.Object(
  {
    signature: Type.Optional(Signature),
    overlapHours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: WEEK_HOURS,
        description: 'How long the key before it signs too; absent = a day',
      }),
    ),
  },
  closed,
);

export const ReplayBody = Type.Object(
  {
    after: Type.Integer({
      minimum: 0,
      maximum: 2 ** 31 - 1,
      description: 'Number of an event (`data.seq`): all after it are sent again',
    }),
  },
  closed,
);

export const WebhookItem = Type.Object(
  {
    id: Id('Webhook id'),
    name: Type.String(),
    url: Type.String(),
    operator: Type.Optional(Id('Operator it is for')),
    account: Type.Optional(Id('Account it is for')),
    types: Type.Array(Type.String()),
    signature: Signature,
    publicKey: Type.Optional(Type.String({ description: 'whpk_...: what an ed25519 signature is verified with' })),
    state: Type.String({ description: '`enabled` or `disabled`' }),
    disabledReason: Type.Optional(
      Type.String({ description: '`by-request`, `gone` (it answered 410) or `failing` (for five days)' }),
    ),
    failingSince: Type.Optional(UnixSeconds('Since when nothing arrived')),
    createdBy: Type.String({
      description: 'Who made it, as in the audit. It outlives that token: it belongs to its part',
    }),
    createdAt: UnixSeconds('Made'),
  },
  named('Webhook'),
);

export const IssuedWebhook = Type.Object(
  {
    ...WebhookItem.properties,
    secret: Type.Optional(Type.String({ description: 'whsec_..., given here once and never again' })),
  },
  named('IssuedWebhook'),
);

const attempt = {
  responseStatus: Type.Optional(Type.Integer()),
  durationMs: Type.Optional(Type.Integer()),
  error: Type.Optional(Type.String({ description: 'Code of why there was no answer' })),
  responseBody: Type.Optional(Type.String({ description: 'The first 1024 bytes of the answer' })),
};

export const DeliveryPage = Type.Object(
  {
    ...Page.properties,
    state: Type.Optional(
      Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('failed')], {
        description: 'Only those',
      }),
    ),
  },
  closed,
);

export const DeliveryItem = Type.Object(
  {
    id: Id('The `webhook-id` header'),
    seq: Type.Integer({ description: 'Number of the event' }),
    type: Type.String(),
    state: Type.String({ description: '`pending`, `delivered` or `failed`' }),
    attempts: Type.Integer(),
    createdAt: UnixSeconds('Made'),
    nextAttemptAt: Type.Optional(UnixSeconds('Not tried before')),
    lastAttemptAt: Type.Optional(UnixSeconds('Last tried')),
    ...attempt,
  },
  named('WebhookDelivery'),
);

export const TestResult = Type.Object({ ok: Type.Boolean({ description: 'It answered 2xx' }), ...attempt }, closed);

export function webhookItem(row: Webhook): Static<typeof WebhookItem> {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    ...(row.operatorKey !== null && { operator: row.operatorKey }),
    ...(row.accountKey !== null && { account: row.accountKey }),
    types: typesOf(row),
    signature: row.publicKey === null ? 'hmac' : 'ed25519',
    ...(row.publicKey !== null && { publicKey: row.publicKey }),
    state: row.state,
    ...(row.disabledReason !== null && { disabledReason: row.disabledReason }),
    ...(row.failingSince !== null && { failingSince: Number(row.failingSince) }),
    createdBy: row.createdBy,
    createdAt: Number(row.createdAt),
  };
}

export function issuedWebhook({ row, secret }: { row: Webhook; secret: string | null }): Static<typeof IssuedWebhook> {
  return { ...webhookItem(row), ...(secret !== null && { secret }) };
}

export function deliveryItem(row: WebhookDelivery): Static<typeof DeliveryItem> {
  return {
    id: row.id,
    seq: row.seq,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    createdAt: Number(row.createdAt),
    ...(row.state === 'pending' && { nextAttemptAt: Number(row.nextAt) }),
    ...(row.lastAt !== null && { lastAttemptAt: Number(row.lastAt) }),
    ...(row.responseStatus !== null && { responseStatus: row.responseStatus }),
    ...(row.durationMs !== null && { durationMs: row.durationMs }),
    ...(row.error !== null && { error: row.error }),
    ...(row.responseBody !== null && { responseBody: row.responseBody }),
  };
}

export function testResult({ ok, status, durationMs, error, body }: Outcome): Static<typeof TestResult> {
  return {
    ok,
    durationMs,
    ...(status !== undefined && { responseStatus: status }),
    ...(error !== undefined && { error }),
    ...(body !== undefined && { responseBody: body }),
  };
}
