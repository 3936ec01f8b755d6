import { callApi, type RestOptions } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';

const GRANT = { role: 'string', operator: 'string?', account: 'string?' } as const;

/** Who the service takes the token for, and what it may do. */
export async function whoami(rest: RestOptions) {
  const fields = { actor: 'string', grants: [GRANT], expires: 'number?' } as const;
  const { actor, grants, expires } = (await fromService(callApi(rest, 'GET /whoami', {}, fields))).answer;
  return { service: rest.base, actor, grants, expires: expires ?? 0 };
}
