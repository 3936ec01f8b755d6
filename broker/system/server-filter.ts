import type { Broker } from '../broker.js';
import type { Values } from './request-options.js';

/** Which servers a request is for (nats-server EventFilterOptions). */
export const FILTER_FIELDS = {
  server_name: 'string',
  cluster: 'string',
  host: 'string',
  exact_match: 'boolean',
  tags: 'strings',
  domain: 'string',
} as const;

/** False: it is for others, and not answered (nats-server filterRequest). */
export function isForUs(broker: Broker, filter: Values<typeof FILTER_FIELDS>): boolean {
  const fits = (wanted: string, own: string): boolean =>
    wanted === '' || (filter.exact_match ? wanted === own : own.includes(wanted));
  if (!fits(filter.server_name, broker.serverName) || !fits(filter.host, broker.host)) return false;
  if (!fits(filter.cluster, broker.clusterName)) return false;
  const own = new Set(broker.tags.map((tag) => tag.toLowerCase()));
  if (filter.tags.some((tag) => !own.has(tag.toLowerCase()))) return false;
  // A domain is JetStream's; there is none.
  return filter.domain === '';
}
