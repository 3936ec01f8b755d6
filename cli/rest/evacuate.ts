import type { Api } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions, tryApi } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';
import { accountKey } from './names.js';

const EVACUATED = {
  account: 'string',
  jti: 'string',
  rotated: [{ from: 'string', to: 'string', role: 'string?' }],
  revokedAt: 'number?',
  reissued: [{ publicKey: 'string', name: 'string' }],
  announced: [{ server: 'string', serverId: 'string', ok: 'boolean', message: 'string' }],
  servers: [{ server: 'string', serverId: 'string', before: 'number?', kicked: 'number', open: 'number' }],
  unasked: 'number',
} as const;

const OPERATION = 'POST /accounts/{account}/evacuate';

export type Evacuated = Read<Api[typeof OPERATION]['answer'], typeof EVACUATED>;

export interface Evacuation {
  service: string;
  account: string;
  name: string;
  dryRun: boolean;
  /** Of a dry run: what would change. */
  changes: { action: string; entity: string }[] | null;
  /** Null for a dry run. */
  evacuated: Evacuated | null;
  /** Servers were told, each of them took it, and nobody is on as far as they tell; null for a dry run. */
  complete: boolean | null;
}

/** The account as it is now, which is what is evacuated: a change meanwhile refuses that. */
export async function findEvacuated(rest: RestOptions, given: string, operator: string | undefined) {
  const account = await accountKey(rest, given, operator);
  const { answer, etag } = await fromService(
    callApi(rest, 'GET /accounts/{account}', { path: { account } }, { publicKey: 'string', name: 'string' }),
  );
  return { account, name: answer.name, etag };
}

export async function evacuate(
  rest: RestOptions,
  { account, name, etag }: { account: string; name: string; etag: string | null },
  { keys, reissue, dryRun }: { keys: string[]; reissue: boolean; dryRun: boolean },
): Promise<Evacuation> {
  const body = { keys: keys.length > 0 ? keys : undefined, reissue };
  const asked = { path: { account }, ifMatch: etag, body };
  const of = { service: rest.base, account, name, dryRun };
  if (dryRun) {
    const changes = await fromService(tryApi(rest, OPERATION, asked));
    return { ...of, changes, evacuated: null, complete: null };
  }
  const { answer: evacuated } = await fromService(callApi(rest, OPERATION, asked, EVACUATED));
  const { announced, servers } = evacuated;
  const told = announced.length > 0 && announced.every(({ ok }) => ok);
  const complete = told && servers.every(({ open }) => open === 0);
  return { ...of, changes: null, evacuated, complete };
}
