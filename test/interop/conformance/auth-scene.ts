import type { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { RawClient } from '../../unit/broker/raw-client.js';

/** What a server made of a CONNECT: its words, and who it says the client is. */
export interface Answer {
  said: string;
  account?: unknown;
  system?: unknown;
  /** Of the INFO that follows a login: whether one was needed, and the type of its nonce. */
  info?: string;
  self?: unknown;
}

export interface Credentials {
  /** Signs the nonce. */
  sign?: Seed;
  /** Signs it as a proxy. */
  proxy?: Seed;
  [field: string]: unknown;
}

/** Logs in with these fields of CONNECT, and asks who it is. */
export async function tryLogin(port: number, credentials: Credentials, permitted = true): Promise<Answer> {
  const client = await RawClient.open(port);
  try {
    client.send(await connectWith(client, credentials));
    client.send('PING\r\n');
    const said = (await client.until('\r\n').catch(() => 'closed without a word')).trim();
    if (said !== 'PONG') return { said };
    await client.until('INFO ');
    const {
      remote_account: account,
      acc_is_sys: system,
      auth_required,
      nonce,
    } = JSON.parse(await client.until('\r\n')) as Answer & Record<string, unknown>;
    const info = `${auth_required === true} ${typeof nonce}`;
    return { said, account, system, info, self: permitted ? await whoAmI(client) : undefined };
  } finally {
    client.close();
  }
}

export async function connectWith(client: RawClient, { sign, proxy, ...fields }: Credentials): Promise<string> {
  const signature = async (seed: Seed): Promise<string> =>
    Buffer.from(await seedSigner(seed).sign(Buffer.from(String(client.info.nonce)))).toString('base64url');
  const all = {
    verbose: false,
    pedantic: false,
    protocol: 1,
    ...(sign && { sig: await signature(sign) }),
    ...(proxy && { proxy_sig: await signature(proxy) }),
    ...fields,
  };
  return `CONNECT ${JSON.stringify(all)}\r\n`;
}

/** What the server tells a client of itself. */
export async function whoAmI(client: RawClient): Promise<unknown> {
  client.send('SUB me 77\r\nPUB $SYS.REQ.USER.INFO me 0\r\n\r\n');
  await client.until('MSG me 77 ');
  await client.until('\r\n');
  const sorted = (_key: string, value: unknown): unknown => (Array.isArray(value) ? value.sort() : value);
  const { data } = JSON.parse(await client.until('\r\n'), sorted) as { data: { expires?: number } };
  // Of whole seconds, which may tick between the two servers.
  return data.expires === undefined ? data : { ...data, expires: data.expires > 0 };
}

/** What the first INFO says of authentication, and the answer to an operation that comes before CONNECT. */
export async function firstContact(port: number, operation = 'PING\r\n'): Promise<unknown> {
  const client = await RawClient.open(port);
  try {
    const { auth_required, nonce, xkey } = client.info;
    client.send(operation);
    const said = (await client.until('\r\n').catch(() => 'closed without a word')).trim();
    return { auth_required, nonce: typeof nonce === 'string' ? nonce.length : nonce, xkey: typeof xkey, said };
  } finally {
    client.close();
  }
}
