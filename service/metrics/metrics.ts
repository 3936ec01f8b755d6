import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Service } from '../service.js';
import { EXPIRY_WINDOWS, expiringSoon, renewalsFailing } from './expiring.js';
import { soonestExpiry } from './soonest-expiry.js';

export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void;
  push(outcome: string): void;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** From what a resolver's answer takes to what a request may take at most. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Every label has few values: no id, name or address of anything is one, but for the operators served. */
export function openMetrics(service: Service): Metrics {
  const register = new Registry();
  // Process and event loop: CPU, memory, open files, garbage collection, lag.
  collectDefaultMetrics({ register });
  const registers = [register];
  const requests = new Histogram({
    name: 'natsctl_http_request_duration_seconds',
    help: 'Answered requests by route pattern, method and status class',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers,
  });
  const pushes = new Counter({
    name: 'natsctl_pushes_total',
    help: 'Pushed JWTs by outcome: created, accepted, or the code of the refusal',
    labelNames: ['outcome'] as const,
    registers,
  });
  const { db } = service.store;
  const count = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  count('natsctl_accounts', 'Accounts held', () => db.account.count());
  count('natsctl_users', 'Users made here', () => db.user.count());
  count('natsctl_announcements_pending', 'Announcements that not every server has confirmed', () =>
    db.announcement.count({ where: { state: 'pending' } }),
  );
  count('natsctl_audit_head', 'Sequence number of the last audit entry', async () => {
    const last = await db.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
    return last?.seq ?? 0;
  });
  new Gauge({
    name: 'natsctl_webhook_deliveries',
    help: 'Events for webhooks by state: pending (not delivered yet), failed (given up within the last week)',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      for (const state of ['pending', 'failed']) {
        this.set({ state }, await db.webhookDelivery.count({ where: { state } }));
      }
    },
  });
  new Gauge({
    name: 'natsctl_webhooks',
    help: 'Webhooks by state',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      for (const state of ['enabled', 'disabled']) this.set({ state }, await db.webhook.count({ where: { state } }));
    },
  });
  new Gauge({
    name: 'natsctl_links',
    help: 'Links to NATS systems by state',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      const links = await service.links.list();
      const up = links.filter(({ connected }) => connected).length;
      this.set({ state: 'connected' }, up);
      this.set({ state: 'disconnected' }, links.length - up);
    },
  });
  new Gauge({
    name: 'natsctl_jwts_expiring',
    help: 'JWTs of the ledger that end soon and have no newer one, by kind; those revoked meanwhile count until their end',
    labelNames: ['kind', 'within'] as const,
    registers,
    async collect() {
      for (const within of EXPIRY_WINDOWS) {
        for (const { kind, count } of await expiringSoon(service, within.seconds)) {
          this.set({ kind, within: within.label }, count);
        }
      }
    },
  });
  count('natsctl_renewals_failing', 'Account JWTs due for renewal that could not be renewed', () =>
    renewalsFailing(service),
  );
  const expiry = soonestExpiry(service.store);
  new Gauge({
    name: 'natsctl_jwt_expiry_soonest_timestamp_seconds',
    help: 'When the first JWT of an operator (its own or of an account) ends; absent where none does',
    labelNames: ['operator'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { operator, exp } of await expiry()) this.set({ operator }, exp);
    },
  });

  return {
    request: (method, route, status, seconds) =>
      requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds),
    push: (outcome) => pushes.inc({ outcome }),
    text: () => register.metrics(),
    contentType: register.contentType,
  };
}
