import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newAccount, newOperator } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims, OperatorClaims } from '../../../claims/types.js';
import { type RunningService, type ServiceOptions, startService } from '../../../service/start.js';
import { testFolder } from './folder.js';

/** An operator of a test: an identity key, a signing key, a system account. */
export interface TestOperator {
  identity: Seed;
  signing: Seed;
  token: string;
  claims: OperatorClaims;
  system: Seed;
  systemToken: string;
  /** Signs an account as the operator would, elsewhere than in the service. */
  account(key: string, change?: (claims: AccountClaims) => void, o?: { iat?: number; by?: Signer }): Promise<string>;
}

export const SILENT = pino({ level: 'silent' });
export const NOW = Math.floor(Date.now() / 1_000);

export async function makeOperator(
  o: { name?: string; strict?: boolean; iat?: number; signing?: Seed } = {},
): Promise<TestOperator> {
  const { signing = Seed.generate('operator') } = o;
  const [identity, system] = [Seed.generate('operator'), Seed.generate('account')];
  const unsigned = newOperator(identity.publicKey, o.name ?? 'test');
  unsigned.nats.signing_keys = [signing.publicKey];
  unsigned.nats.system_account = system.publicKey;
  if (o.strict) unsigned.nats.strict_signing_key_usage = true;
  const { token, claims } = await signClaims(unsigned, seedSigner(identity), { now: o.iat ?? NOW - 100 });
  const sign = async (
    account: string,
    change: (claims: AccountClaims) => void = () => {},
    { iat = NOW - 50, by = seedSigner(signing) } = {},
  ) => {
    const fresh = newAccount(account, `account-${account.slice(-6)}`) as AccountClaims;
    change(fresh);
    return (await signClaims(fresh, by, { now: iat })).token;
  };
  const systemToken = await sign(system.publicKey, (claims) => {
    claims.name = 'SYS';
  });
  return { identity, signing, token, claims, system, systemToken, account: sign };
}

export interface TestService extends RunningService {
  dataDir: string;
  operator: TestOperator;
  /** A request with the admin token and JSON. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** As nsc pushes: a bare token, no preconditions. */
  push(id: string, token: string, headers?: Record<string, string>): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what each test asserts.
  json: any;
}

/** A service on a free port with an operator adopted (its signing key in custody unless told otherwise). */
export async function runService(
  options: Partial<ServiceOptions> & { operator?: TestOperator; custody?: boolean } = {},
): Promise<TestService> {
  const { operator = await makeOperator(), custody = true, dataDir = await testFolder(), ...rest } = options;
  const running = await startService({ dataDir, port: -1, logger: SILENT, ...rest });
  onTestFinished(() => running.close());
  await running.adoptOperator({
    operatorToken: operator.token,
    ...(custody && { signingSeed: operator.signing }),
    accounts: [operator.systemToken],
  });
  const get = (path: string, headers = {}) => send(running.url + path, { headers });
  return {
    ...running,
    dataDir,
    operator,
    get,
    api: (method, path, body, headers = {}) =>
      send(`${running.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${running.adminToken}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    push: (id, token, headers = {}) =>
      send(`${running.url}/jwt/v1/accounts/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/jwt', accept: 'application/problem+json', ...headers },
        body: token,
      }),
  };
}

export async function send(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
