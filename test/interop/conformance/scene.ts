import type { Unsigned } from '../../../claims/jwt/encode.js';
import type { AccountClaims, Export, ExportType, Import } from '../../../claims/types.js';
import { RawClient } from '../../unit/broker/raw-client.js';
import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import type { Subject } from './both.js';

/** What conversations about accounts are made of: exports and imports, later claims, and clients that say what they got. */

type Change = (claims: Unsigned<AccountClaims>) => unknown;

export function exported(subject: string, type: ExportType, more: Partial<Export> = {}): Export {
  return { subject, type, revocations: new Map(), ...more };
}

export function imported(account: TestAccount, subject: string, type: ExportType, more: Partial<Import> = {}): Import {
  return { account: account.id, subject, type, ...more };
}

/**
 * JWTs that follow each other, each with one more change. The account itself stays as it was: both servers start with that,
 * and are told of each in turn.
 */
export async function later(account: TestAccount, ...changes: Change[]): Promise<string[]> {
  const { token } = account;
  const tokens: string[] = [];
  for (const change of changes) tokens.push(await account.change((claims) => void change(claims)));
  account.token = token;
  return tokens;
}

/** Announces a JWT as a client of the system account, and waits until it is applied. */
export async function announce({ port }: Subject, world: World, token: string): Promise<string> {
  const client = await RawClient.login(port, await world.system.user('pusher'));
  client.send(
    `SUB answer 1\r\nPUB $SYS.REQ.ACCOUNT.${idOf(token)}.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`,
  );
  const answer = await client.until('}}\r\n');
  client.close();
  return /"message":"([^"]*)"/.exec(answer)?.[1] ?? answer;
}

function idOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string }).sub;
}

/** Clients of one conversation, each closed at its end. */
export class Clients {
  readonly #port: number;
  readonly #all: RawClient[] = [];

  constructor({ port }: Subject) {
    this.#port = port;
  }

  /** One that subscribed to `subjects`, with the sids 1, 2, … */
  async login(user: TestUser, subjects: readonly string[] = [], options: object = {}): Promise<RawClient> {
    const client = await RawClient.login(this.#port, user, options);
    this.#all.push(client);
    client.send(subjects.map((subject, i) => `SUB ${subject} ${i + 1}\r\n`).join(''));
    await client.soFar();
    return client;
  }

  /** What a connect is answered with: PONG, or the error that ends it. */
  async attempt(user: TestUser): Promise<string> {
    const client = await RawClient.open(this.#port);
    this.#all.push(client);
    client.send(`${await client.connectLine(user)}PING\r\n`);
    return outcome(client);
  }

  close(): void {
    for (const client of this.#all) client.close();
  }
}

/** Of a PING: its PONG, or the error that ends the connection; what comes before is left out. */
export async function outcome(client: RawClient): Promise<string> {
  for (;;) {
    const line = await client.until('\r\n');
    if (line === 'PONG\r\n' || line.startsWith('-ERR')) return line;
  }
}

/** Holds one conversation and closes its clients, however it ends. */
export async function withClients<T>(subject: Subject, talk: (clients: Clients) => Promise<T>): Promise<T> {
  const clients = new Clients(subject);
  try {
    return await talk(clients);
  } finally {
    clients.close();
  }
}

/** Publishes and waits until the server is through with it. */
export async function say(client: RawClient, ...lines: readonly [subject: string, payload: string][]): Promise<string> {
  client.send(lines.map(([subject, payload]) => `PUB ${subject} ${payload.length}\r\n${payload}\r\n`).join(''));
  return client.soFar();
}

/** The times in what was received differ with every run, and with them the sizes of headers. */
export function timeless(received: string): string {
  return received
    .replace(/"(rtt|start|id|service|system|total)":("[^"]*"|\d+)/g, '"$1":0')
    .replace(/^(HMSG .*) \d+ \d+\r$/gm, '$1 # #\r');
}

export function replyOf(received: string): string {
  return /H?MSG \S+ \S+ (_R_\.\S+) /.exec(received)?.[1] ?? '';
}

/** The lines of subject and sid of each message, sorted: nobody promises an order among subscriptions. */
export function deliveries(received: string): string[] {
  return [...received.matchAll(/^H?MSG (\S+ \S+).*\r\n(.*)\r$/gm)].map(([, to, payload]) => `${to} ${payload}`).sort();
}
