import type { OperatorClaims } from '../../claims/types.js';
import { withoutPassword } from '../../resolver/url.js';
import { cliError } from '../errors.js';
import { DEFAULT_SERVICE } from './service-url.js';

/** `service`: HTTP, as `natsctl up` and nats-account-server serve it. `nats`: the full resolvers inside nats-servers. */
export type RemoteKind = 'service' | 'nats';

export interface RemoteChoice {
  kind: RemoteKind;
  /** Of `nats`, several with commas between them. */
  url: string;
}

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
const HTTP = /^https?:\/\//i;
const NATS = /^(nats|tls|wss?):\/\//i;

/**
 * The URL given, or the operator's account server URL; its scheme says which form it is. The words `service` and `nats`
 * choose the form alone.
 */
export function chooseRemote(given: string | undefined, operator: OperatorClaims | null): RemoteChoice {
  const own = operator?.nats.account_server_url ?? '';
  if (given === 'service') return { kind: 'service', url: HTTP.test(own) ? own : DEFAULT_SERVICE };
  if (given === 'nats') {
    const servers = operator?.nats.operator_service_urls.filter((url) => NATS.test(url)) ?? [];
    const url = NATS.test(own) ? own : servers.length > 0 ? servers.join(',') : DEFAULT_SERVER;
    return { kind: 'nats', url };
  }
  const url = (given ?? own).trim();
  if (url === '') return { kind: 'service', url: DEFAULT_SERVICE };
  if (HTTP.test(url)) return { kind: 'service', url };
  const servers = url.split(',').map((one) => one.trim());
  if (servers.every((one) => NATS.test(one) && URL.canParse(one))) return { kind: 'nats', url: servers.join(',') };
  throw cliError('ERR_URL_INVALID', `${withoutPassword(url)} is no address of a resolver`, {
    hint: 'begin it with http://, https://, nats://, tls://, ws:// or wss://',
  });
}
