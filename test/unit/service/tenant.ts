import type { Reply, TestService } from './service.js';

export interface Tenant {
  key: string;
  /** A request with a token that manages this account only. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
}

/** An account made here, and its own admin. */
export async function tenant(service: TestService, name: string): Promise<Tenant> {
  const key = (await service.api('POST', '/accounts', { name })).json.publicKey as string;
  const { token } = (await service.api('POST', '/tokens', { name, role: 'admin', account: key })).json;
  const api: Tenant['api'] = (method, path, body, headers = {}) =>
    service.api(method, `/accounts/${key}${path}`, body, { authorization: `Bearer ${token}`, ...headers });
  return { key, api };
}
