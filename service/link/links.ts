/**
 * The service's links to NATS systems, over which every change of an account is announced to every server, and the service
 * answers as a resolver. What is still to announce stands in the database (the outbox: tables announcement and deletion),
 * written with the change itself; links work it off. Nothing here ever keeps a change waiting because NATS is away.
 */
import { createHash } from 'node:crypto';
import type { NatsConnection } from '@nats-io/nats-core';
import type { FastifyBaseLogger } from 'fastify';
import { parseCreds } from '../../claims/creds.js';
import { NatsctlError } from '../../claims/errors.js';
import { Seed } from '../../claims/keys/seed.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { type Actor, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Drift } from './drift.js';
import type { JetStreamUse } from './jetstream.js';
import { type Link, startLink } from './link.js';
import { operatorOfLink, systemAccountOf } from './scope.js';

export interface LinkTarget {
  /** URLs of servers of one system; one that answers is enough. */
  servers: string[];
  /** .creds text of a system account user. Without it, those of a link that is attached already. */
  creds?: string;
}

export interface LinkState {
  id: string;
  servers: string[];
  connected: boolean;
  /** Accounts whose newest JWT, or whose deletion, not every server has confirmed. */
  pending: number;
}

export interface LinkDetail extends LinkState {
  systemAccount: string | null;
  /** The servers that are there now. */
  present: { server: string; serverId: string }[];
  drift: Drift | null;
}

export interface Links {
  /** `keep` attaches the link again at the next start. Resolves after the first attempt to connect; the link goes on trying. */
  attach(target: LinkTarget, options?: { keep?: boolean; actor?: Actor }): Promise<LinkState>;
  detach(id: string, actor: Actor): Promise<void>;
  list(): Promise<LinkState[]>;
  detail(id: string): Promise<LinkDetail>;
  /** The accounts that links are in: without them no server can be told anything. */
  systemAccounts(): string[];
  /** What JetStream stores for an account in all the systems, as far as their servers say. */
  jetStreamUse(account: string): Promise<JetStreamUse>;
  /** Asks something over each link; null of those whose NATS is away. */
  askEach<T>(
    work: (connection: NatsConnection, present: ReadonlyMap<string, string>, link: string) => Promise<T>,
  ): Promise<{ link: string; servers: T | null }[]>;
  /** Tells what each server answers to this version of the account, as far as it does in time. */
  announce(account: string, jti: string, waitMs: number): Promise<ServerAnswer[]>;
  /** As `announce`, of a deletion. @param version what it was deleted until */
  announceDeletion(account: string, version: number, waitMs: number): Promise<ServerAnswer[]>;
  /** There may be something to announce. */
  wake(): void;
  close(): Promise<void>;
}

export interface LinksOptions extends Omit<Service, 'links'> {
  log: FastifyBaseLogger;
}

const CONNECT_WAIT_MS = 2_000;
const MAX_LINKS = 64;
/** A link that nobody attached for so long takes its outbox with it: a broker on a free port has another URL each time. */
const FORGET_AFTER_SECONDS = 7 * 24 * 3_600;

export async function openLinks({ log, ...rest }: LinksOptions): Promise<Links> {
  const { store, custody, now } = rest;
  const serverId = Seed.generate('server').publicKey;
  const attached = new Map<string, { link: Link; creds: string }>();

  const start = async (id: string, servers: string[], creds: string) => {
    await attached.get(id)?.link.close();
    const link = startLink({ id, servers, creds, service, serverId, log: log.child({ link: id, servers }) });
    attached.set(id, { link, creds });
    return link;
  };
  const stateOf = async (id: string): Promise<LinkState> => {
    const row = await store.db.link.findUniqueOrThrow({ where: { id } });
    const where = { linkId: id, state: 'pending' };
    const pending = (await store.db.announcement.count({ where })) + (await store.db.deletion.count({ where }));
    return { id, servers: JSON.parse(row.servers), connected: attached.get(id)?.link.connected() ?? false, pending };
  };

  const wake = () => {
    for (const { link } of attached.values()) link.wake();
  };

  const links: Links = {
    async attach(target, { keep = false, actor = 'service' } = {}) {
      const servers = checkServers(target.servers);
      const creds = target.creds ?? [...attached.values()][0]?.creds;
      if (creds === undefined) {
        throw new NatsctlError<ServiceErrorCode>(
          'ERR_LINK_CREDS',
          'no credentials of a system account user are at hand',
          {
            hint: 'give the text of a .creds file of such a user as `creds`',
          },
        );
      }
      parseCreds(creds);
      const id = linkId(servers);
      if (!attached.has(id) && attached.size >= MAX_LINKS) {
        throw new NatsctlError<ServiceErrorCode>('ERR_LINK_SERVERS', `there are ${MAX_LINKS} links already`, {
          hint: 'detach one first',
        });
      }
      const sealedCreds = keep ? await custody.seal(sealedFor(id), Buffer.from(creds)) : null;
      const operatorKey = await operatorOfLink(store.db, systemAccountOf(creds));
      await store.transaction(async (tx) => {
        const at = BigInt(now());
        const known = await tx.link.findUnique({ where: { id } });
        const data = { servers: JSON.stringify(servers), attachedAt: at, operatorKey };
        await tx.link.upsert({
          where: { id },
          create: { id, ...data, sealedCreds },
          update: { ...data, ...(keep && { sealedCreds }) },
        });
        // What the service attaches for itself at each start is no change; what a caller gives, credentials too, is one.
        if (!known || keep)
          await recordAudit(tx, { at: now(), actor, action: 'link.attach', entity: id, detail: { servers } });
        if (known) return;
        // A system that is new to us has confirmed nothing yet.
        const accounts = await tx.account.findMany({
          where: operatorKey === null ? {} : { operatorKey },
          select: { key: true, jti: true },
        });
        const rows = accounts.map(({ key, jti }) => ({
          linkId: id,
          accountKey: key,
          jti,
          state: 'pending',
          updatedAt: at,
        }));
        if (rows.length > 0) await tx.announcement.createMany({ data: rows });
      });
      const link = await start(id, servers, creds);
      await link.tried(CONNECT_WAIT_MS);
      return stateOf(id);
    },

    async detach(id, actor) {
      const row = await store.db.link.findUnique({ where: { id } });
      if (!row) throw linkUnknown(id);
      await attached.get(id)?.link.close();
      attached.delete(id);
      await store.transaction(async (tx) => {
        await tx.link.delete({ where: { id } });
        await recordAudit(tx, {
          at: now(),
          actor,
          action: 'link.detach',
          entity: id,
          detail: { servers: JSON.parse(row.servers) },
        });
      });
    },

    async list() {
      const rows = await store.db.link.findMany({ orderBy: { id: 'asc' }, select: { id: true } });
      return Promise.all(rows.map(({ id }) => stateOf(id)));
    },

    async detail(id) {
      if (!(await store.db.link.findUnique({ where: { id }, select: { id: true } }))) throw linkUnknown(id);
      const link = attached.get(id)?.link;
      return {
        ...(await stateOf(id)),
        systemAccount: link?.systemAccount ?? null,
        present: [...(link?.present() ?? [])].map(([serverId, server]) => ({ server, serverId })),
        drift: link?.drift() ?? null,
      };
    },

    systemAccounts: () => [...attached.values()].map(({ link }) => link.systemAccount),

    async jetStreamUse(account) {
      const all: JetStreamUse = { servers: 0, unasked: 0, streams: 0, bytes: 0 };
      const uses = await Promise.all([...attached.values()].map(({ link }) => link.jetStreamUse(account)));
      for (const use of uses) {
        all.servers += use?.servers ?? 0;
        all.unasked += use?.unasked ?? 1;
        all.streams += use?.streams ?? 0;
        all.bytes += use?.bytes ?? 0;
      }
      return all;
    },

    askEach: (work) =>
      Promise.all(
        [...attached].map(async ([id, { link }]) => ({
          link: id,
          servers: await link.ask((connection, present) => work(connection, present, id)),
        })),
      ),

    async announceDeletion(account, version, waitMs) {
      const waits = [...attached.values()].map(({ link }) => link.deleted(account, String(version), waitMs));
      wake();
      return (await Promise.all(waits)).flat();
    },

    async announce(account, jti, waitMs) {
      const waits = [...attached.values()].map(({ link }) => link.announced(account, jti, waitMs));
      wake();
      return (await Promise.all(waits)).flat();
    },

    wake,

    async close() {
      await Promise.all([...attached.values()].map(({ link }) => link.close()));
      attached.clear();
    },
  };
  const service: Service = { ...rest, links };

  await store.db.link.deleteMany({
    where: { sealedCreds: null, attachedAt: { lt: BigInt(now() - FORGET_AFTER_SECONDS) } },
  });
  for (const row of await store.db.link.findMany({ where: { sealedCreds: { not: null } } })) {
    if (!row.sealedCreds) continue;
    const creds = (await custody.unseal(sealedFor(row.id), row.sealedCreds)).toString('utf8');
    await start(row.id, JSON.parse(row.servers), creds);
  }
  return links;
}

function linkUnknown(id: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_LINK_UNKNOWN', `there is no link ${id}`);
}

function checkServers(servers: string[]): string[] {
  const bad = servers.find((server) => !/^(nats|tls):\/\/[^\s/?#@]+\/?$/.test(server) || !URL.canParse(server));
  if (servers.length === 0 || bad !== undefined) {
    const what =
      bad === undefined ? 'a link needs at least one server' : `not the URL of a NATS server: ${JSON.stringify(bad)}`;
    throw new NatsctlError<ServiceErrorCode>('ERR_LINK_SERVERS', what, {
      hint: 'write it as nats://host:port or tls://host:port',
    });
  }
  return [...new Set(servers.map((server) => server.replace(/\/$/, '')))].sort();
}

/** The same servers are the same link, and keep what they have confirmed. */
function linkId(servers: string[]): string {
  return createHash('sha256').update(servers.join('\n')).digest('hex').slice(0, 32);
}

function sealedFor(id: string): { kind: string; id: string } {
  return { kind: 'link-creds', id };
}
