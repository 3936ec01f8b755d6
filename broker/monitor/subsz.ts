import { matches } from '../../claims/subject/match.js';
import { isLiteralSubject } from '../../claims/subject/subject.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { PAGE_SIZE } from '../limits.js';
import { type SubDetail, subDetail } from './conn-info.js';
import { refuseOptions, type SubszOptions } from './options.js';
import { sublistStats } from './sublist-stats.js';

/** nats-server's Subsz. The broker's own subscriptions are not among them. @throws MonitoringError */
export function subsz(broker: Broker, options: SubszOptions): object {
  const { test } = options;
  if (test !== '' && !isLiteralSubject(test)) {
    throw refuseOptions(`invalid test subject, must be valid publish subject: ${test}`);
  }
  const offset = Math.max(options.offset, 0);
  const limit = options.limit <= 0 ? PAGE_SIZE : options.limit;
  const accounts = accountsOf(broker, options.account);
  const { page, total } = options.subscriptions ? pageOf(accounts, test, offset, limit) : { page: [], total: 0 };
  return {
    server_id: broker.serverId,
    now: new Date().toISOString(),
    ...sublistStats(accounts),
    total,
    offset,
    limit,
    subscriptions_list: page.length === 0 ? undefined : page,
  };
}

function accountsOf(broker: Broker, only: string): Account[] {
  if (only === '') return [...broker.accounts.all()];
  const account = broker.accounts.get(only);
  return account === undefined ? [] : [account];
}

/** All are counted, and only those of the page are described. */
function pageOf(accounts: readonly Account[], test: string, offset: number, limit: number) {
  const page: SubDetail[] = [];
  let total = 0;
  for (const account of accounts) {
    for (const connection of account.connections) {
      for (const each of connection.subscriptions.values()) {
        if (test !== '' && !matches(each.subject, test)) continue;
        if (total >= offset && page.length < limit) {
          page.push({ account: account.id, account_tag: account.name || undefined, ...subDetail(each, connection.id) });
        }
        total++;
      }
    }
  }
  return { page, total };
}
