import { hasPermissions } from '../../claims/permission/defaults.js';
import type { Account } from '../account/account.js';
import { permissionsOf } from '../account/permissions.js';
import type { Broker } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import { Subscription } from '../routing/subscription.js';
import { unixNow } from '../timer.js';
import { replyJson, serverInfo } from './replies.js';

/** `$SYS.REQ.USER.INFO`, in every account: tells a client who it is and what it may do. */
export function offerUserInfo(broker: Broker, account: Account): void {
  account.subscribe(
    new Subscription('$SYS.REQ.USER.INFO', '', '', null, ({ publisher, reply }) => {
      if (publisher === null) return;
      replyJson(account, reply, { server: serverInfo(broker), data: userInfo(publisher) });
    }),
  );
}

function userInfo({ account, user, expires, permissions: compiled }: Connection): object {
  if (account === null || user === null) return {};
  const effective = permissionsOf(user, account);
  const { pub, sub } = effective;
  const responses = compiled?.responses;
  const list = ({ allow, deny }: { allow: string[]; deny: string[] }): object => ({
    ...(allow.length > 0 && { allow }),
    ...(deny.length > 0 && { deny }),
  });
  const permissions = {
    publish: list(pub),
    subscribe: list(sub),
    responses: responses ? { max: responses.max, ttl: responses.ttlNs } : undefined,
  };
  return {
    user: user.id,
    account: account.id,
    account_name: account.name || undefined,
    user_name: user.name || undefined,
    permissions: hasPermissions(effective) ? permissions : undefined,
    // Nanoseconds, whole seconds; absent for a session without end.
    expires: expires === null ? undefined : Math.max(0, expires - unixNow()) * 1e9 || undefined,
  };
}
