import type { Actor } from '../audit/audit.js';
import type { Service } from '../service.js';
import type { Database, Store } from '../store/open.js';
import { change } from './change.js';

/**
 * Several changes as one: `work` is given a service whose every transaction is the same one. All of them are made, or none, and
 * a rehearsal tries them one after the other. A change needs not know that it is a part of others.
 */
export function together<T>(service: Service, actor: Actor, work: (shared: Service) => Promise<T>): Promise<T> {
  return change(service, actor, (tx) => {
    const store: Store = {
      ...service.store,
      // What is read beside a change is read in the transaction as well: outside of it libSQL would wait for its end.
      db: tx as Database,
      transaction: (part) => part(tx),
      grouped: async ({ read, write }) => write(tx, await read(tx)),
    };
    // Announced once, when all is committed.
    return work({ ...service, store, links: { ...service.links, wake: () => {} } });
  });
}
