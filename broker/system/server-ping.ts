import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { Subscription } from '../routing/subscription.js';
import { replyJson, serverInfo } from './replies.js';

/** `$SYS.REQ.SERVER.PING`: each server answers, so whoever pushes claims can count who should confirm. */
export function offerServerPing(broker: Broker, system: Account): void {
  const answer =
    (data: () => object) =>
    ({ reply }: { reply: string }): void =>
      replyJson(system, reply, { server: serverInfo(broker), ...data() });
  const statsz = answer(() => ({
    statsz: {
      start: new Date(broker.started).toISOString(),
      mem: process.memoryUsage.rss(),
      cores: 1,
      connections: broker.connections.size,
    },
  }));
  system.subscribe(new Subscription('$SYS.REQ.SERVER.PING', '', '', null, statsz));
  system.subscribe(new Subscription('$SYS.REQ.SERVER.PING.STATSZ', '', '', null, statsz));
  system.subscribe(
    new Subscription('$SYS.REQ.SERVER.PING.IDZ', '', '', null, ({ reply }) =>
      replyJson(system, reply, { name: broker.serverName, host: broker.host, id: broker.serverId }),
    ),
  );
}
