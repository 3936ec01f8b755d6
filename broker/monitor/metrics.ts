import type { Broker } from '../broker.js';
import { accountStatz } from './accstatz.js';
import { sublistStats } from './sublist-stats.js';
import { varz } from './varz.js';

/**
 * What nats-server leaves to the Prometheus exporter, under the exporter's names (prometheus-nats-exporter, `-varz -connz -subz
 * -accstatz -healthz`), so that its dashboards and alerts work as they are.
 */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Fields of varz that only grow. */
const COUNTERS = /^(total_connections|(in|out)_|slow_consumers|stale_connections|stalled_clients)/;

export function metrics(broker: Broker): string {
  const server = { server_id: broker.serverId };
  const lines: string[] = [];
  const family = (name: string, type: string, samples: readonly (readonly [object, number])[]): void => {
    lines.push(`# HELP ${name} ${name.replace(/^gnatsd_[a-z]+_/, '')}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of samples) lines.push(`${name}{${labelText(labels)}} ${value}`);
  };
  for (const [field, value] of Object.entries(varz(broker))) {
    const number = field === 'start' ? broker.started : value;
    if (typeof number !== 'number') continue;
    family(`gnatsd_varz_${field}`, COUNTERS.test(field) ? 'counter' : 'gauge', [[server, number]]);
  }
  let pending = 0;
  for (const { out } of broker.connections.values()) pending += out.pending;
  family('gnatsd_connz_num_connections', 'gauge', [[server, broker.connections.size]]);
  family('gnatsd_connz_total', 'gauge', [[server, broker.connections.size]]);
  family('gnatsd_connz_pending_bytes', 'gauge', [[server, pending]]);
  for (const [field, value] of Object.entries(sublistStats(broker.accounts.all()))) {
    family(`gnatsd_subsz_${field}`, 'gauge', [[server, value]]);
  }
  // Of accounts in use: as many series as there are accounts in memory would be a burden.
  const { account_statz: stats } = accountStatz(broker, { accounts: [], include_unused: false });
  const labels = stats.map(({ acc, name }) => ({ ...server, account: acc, account_id: acc, account_name: name }));
  for (const [name, type, of] of ACCOUNT_FAMILIES) {
    family(
      `gnatsd_accstatz_${name}`,
      type,
      stats.map((stat, i) => [labels[i] as object, of(stat)]),
    );
  }
  family('gnatsd_healthz_status', 'gauge', [[server, 0]]);
  return `${lines.join('\n')}\n`;
}

type Stat = ReturnType<typeof accountStatz>['account_statz'][number];

const ACCOUNT_FAMILIES: readonly (readonly [string, 'gauge' | 'counter', (stat: Stat) => number])[] = [
  ['current_connections', 'gauge', ({ conns }) => conns],
  ['total_connections', 'gauge', ({ total_conns }) => total_conns],
  ['subscriptions', 'gauge', ({ num_subscriptions }) => num_subscriptions],
  ['leaf_nodes', 'gauge', ({ leafnodes }) => leafnodes],
  ['sent_messages', 'counter', ({ sent }) => sent.msgs],
  ['sent_bytes', 'counter', ({ sent }) => sent.bytes],
  ['received_messages', 'counter', ({ received }) => received.msgs],
  ['received_bytes', 'counter', ({ received }) => received.bytes],
  ['slow_consumers', 'counter', ({ slow_consumers }) => slow_consumers],
];

/** An account's name is its owner's text. */
function labelText(labels: object): string {
  return Object.entries(labels)
    .map(
      ([name, value]) => `${name}="${String(value).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
    )
    .join(',');
}
