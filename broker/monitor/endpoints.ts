import type { Broker } from '../broker.js';
import { accountz } from './accountz.js';
import { accountStatz } from './accstatz.js';
import { connz } from './connz.js';
import { healthz } from './healthz.js';
import type { Query } from './query.js';
import { gatewayz, ipqueuesz, jsz, leafz, routez } from './standalone.js';
import { subsz } from './subsz.js';
import { varz } from './varz.js';

interface Endpoint {
  /** @throws MonitoringError for an option that cannot be */
  answer(broker: Broker, query: Query): object;
  /** The path it is counted under in varz; absent = it is not, as at nats-server. */
  counted?: string;
}

/** The questions over HTTP that are answered with indented JSON and 200 (nats-server startMonitoring). */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/varz': { answer: varz, counted: '/varz' },
  '/connz': {
    answer: (broker, query) => {
      const auth = query.bool('auth');
      const detail = query.text('subs').toLowerCase() === 'detail';
      return connz(broker, {
        auth,
        subscriptions: !detail && query.bool('subs'),
        subscriptions_detail: detail,
        offset: query.int('offset'),
        limit: query.int('limit'),
        cid: query.uint64('cid'),
        state: query.state(),
        sort: query.text('sort'),
        user: query.text('user'),
        acc: query.text('acc'),
        mqtt_client: query.text('mqtt_client'),
        filter_subject: '',
      });
    },
    counted: '/connz',
  },
  '/subsz': { answer: subszOf, counted: '/subsz' },
  '/subscriptionsz': { answer: subszOf, counted: '/subsz' },
  '/accountz': { answer: (broker, query) => accountz(broker, query.text('acc')), counted: '/accountz' },
  '/accstatz': {
    answer: (broker, query) => accountStatz(broker, { accounts: [], include_unused: query.bool('unused') }),
    counted: '/accstatz',
  },
  '/routez': { answer: (broker, query) => checked(query, ['subs'], routez(broker)), counted: '/routez' },
  '/gatewayz': { answer: (broker, query) => checked(query, ['subs', 'accs'], gatewayz(broker)), counted: '/gatewayz' },
  '/leafz': { answer: (broker, query) => checked(query, ['subs'], leafz(broker)), counted: '/leafz' },
  '/jsz': {
    answer: (broker, query) => {
      for (const name of ['offset', 'limit']) query.int(name);
      return checked(query, JSZ_FLAGS, jsz(broker));
    },
    counted: '/jsz',
  },
  '/ipqueuesz': { answer: (_, query) => checked(query, ['all'], ipqueuesz()) },
};

const JSZ_FLAGS = [
  'accounts',
  'streams',
  'consumers',
  'direct-consumers',
  'config',
  'leader-only',
  'raft',
  'stream-leader-only',
];

function subszOf(broker: Broker, query: Query): object {
  return subsz(broker, {
    subscriptions: query.bool('subs'),
    offset: query.int('offset'),
    limit: query.int('limit'),
    test: query.text('test'),
    account: query.text('acc'),
  });
}

/** Flags that change nothing here must still be flags. */
function checked(query: Query, flags: readonly string[], answer: object): object {
  for (const flag of flags) if (!(flag === 'subs' && query.text(flag).toLowerCase() === 'detail')) query.bool(flag);
  return answer;
}

export function healthOf(query: Query): ReturnType<typeof healthz> {
  for (const flag of ['js-enabled', 'js-enabled-only', 'js-server-only', 'js-meta-only']) query.bool(flag);
  return healthz({
    details: query.bool('details'),
    account: query.text('account'),
    stream: query.text('stream'),
    consumer: query.text('consumer'),
  });
}
