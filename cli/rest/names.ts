import { isPublicKey } from '../../claims/keys/nkey.js';
import { callApi, type RestOptions } from '../../resolver/rest.js';
import { storeError } from '../store/errors.js';
import { fromService } from '../sync/service-url.js';
import { readPages } from './page.js';

/** An operator or account of the service, as people name it. */
export interface Scope {
  operator?: string | undefined;
  account?: string | undefined;
}

/** More of one name would have to be read before one of them is found to be meant. */
const ALL = { limit: 10_000 };
const ITEMS = { items: [{ publicKey: 'string', name: 'string' }], next: 'string?' } as const;

/** Public keys; an operator that is given with an account says only whose account it is. */
export async function scopeKeys(rest: RestOptions, { operator, account }: Scope): Promise<Scope> {
  if (account === undefined) return { operator: operator && (await operatorKey(rest, operator)) };
  return { account: await accountKey(rest, account, operator) };
}

export async function accountKey(rest: RestOptions, given: string, operator?: string): Promise<string> {
  if (isPublicKey(given, 'account')) return given;
  const of = operator === undefined ? undefined : await operatorKey(rest, operator);
  const { items } = await fromService(
    readPages(ALL, ({ limit, after }) => {
      const query = { name: given, operator: of, limit: Math.min(limit, 1_000), after };
      return callApi(rest, 'GET /accounts', { query }, ITEMS);
    }),
  );
  return only('account', given, items);
}

async function operatorKey(rest: RestOptions, given: string): Promise<string> {
  if (isPublicKey(given, 'operator')) return given;
  const { items } = await fromService(
    readPages(ALL, ({ limit, after }) => {
      return callApi(rest, 'GET /operators', { query: { limit: Math.min(limit, 1_000), after } }, ITEMS);
    }),
  );
  return only('operator', given, items);
}

function only(kind: 'account' | 'operator', given: string, items: { publicKey: string; name: string }[]): string {
  const [found, ...more] = items.filter(({ name }) => name === given);
  if (found !== undefined && more.length === 0) return found.publicKey;
  const code = kind === 'account' ? 'ERR_ACCOUNT_UNKNOWN' : 'ERR_OPERATOR_UNKNOWN';
  const keys = [found, ...more].flatMap((one) => one?.publicKey ?? []);
  throw storeError(
    code,
    keys.length > 0
      ? `${keys.length} ${kind}s of the service are called ${given}`
      : `the service has no ${kind} ${given}`,
    { hint: keys.length > 0 ? `give its public key: ${keys.slice(0, 5).join(', ')}` : 'or the token may not see it' },
  );
}
