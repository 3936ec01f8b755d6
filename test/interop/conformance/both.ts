import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { makeWorld, type World } from '../../unit/broker/world.js';

/** A server under test: our broker, or the newest nats-server. */
export interface Subject {
  kind: 'natsctl' | 'nats-server';
  port: number;
  url: string;
  id: string;
  /** Where monitoring is asked for, by `options` and by `config`. */
  monitoringUrl: string;
  /** The same of WebSocket; 0 where there is none. */
  webSocketPort: number;
}

export interface Setting<T> {
  /** `config` = without operators: `options` and `config` are all there is. */
  mode?: 'config';
  /** Made once for both servers: what they answer to the same tokens is compared. */
  cast(world: World): Promise<T>;
  options?(world: World, cast: T): Partial<BrokerOptions>;
  /** The same for nats-server, as lines of its config file; operator, resolver and system account stand there already. */
  config?(world: World, cast: T): string;
}

/** One conversation, by the same client code with both servers. What it returns is compared, but for what `normalize` takes out. */
export interface Conversation<T> {
  title: string;
  play(subject: Subject, cast: T, world: World): Promise<unknown>;
  /** We differ on purpose (docs/broker.md says why): what is ours, what is nats-server's. */
  differs?: { ours: unknown; theirs: unknown };
}

/** Declares a test for each conversation: both servers are started once, and each conversation is held with both. */
export function conforms<T>(title: string, setting: Setting<T>, conversations: readonly Conversation<T>[]): void {
  const program = peer('nats-server');
  describe.skipIf(program === undefined)(title, () => {
    let world: World;
    let cast: T;
    let subjects: Subject[];
    const stops: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      world = await makeWorld();
      cast = await setting.cast(world);
      const trust = { operators: [world.operatorToken], resolver: { memory: world.tokens() } };
      const ours = await startBroker({
        port: -1,
        ...(setting.mode !== 'config' && trust),
        ...setting.options?.(world, cast),
      });
      stops.push(() => ours.close());
      const theirs = await startNatsServer(
        program as string,
        await configFile(world, setting.config?.(world, cast) ?? ''),
      );
      stops.push(() => theirs.stop());
      subjects = [
        {
          kind: 'natsctl',
          port: ours.port,
          url: ours.url,
          id: ours.serverId,
          monitoringUrl: ours.monitoringUrl ?? '',
          webSocketPort: portOf(ours.webSocketUrl),
        },
        {
          kind: 'nats-server',
          port: theirs.port,
          url: theirs.url,
          id: theirs.id,
          monitoringUrl: theirs.monitoringUrl,
          webSocketPort: setting.options?.(world, cast).websocket ? portOf(await theirs.webSocketUrl()) : 0,
        },
      ];
    });

    afterAll(async () => {
      for (const stop of stops.reverse()) await stop();
    });

    it.each(conversations)('$title', async ({ play, differs }) => {
      const said = [];
      for (const subject of subjects) said.push(normalize(await play(subject, cast, world)));
      const [ours, theirs] = said;
      if (differs === undefined) expect(ours).toEqual(theirs);
      else expect({ ours, theirs }).toEqual(differs);
    });

    async function configFile(of: World, more: string): Promise<string> {
      const folder = await mkdtemp(path.join(tmpdir(), 'natsctl-conformance-'));
      stops.push(() => rm(folder, { recursive: true, force: true }));
      const file = path.join(folder, 'server.conf');
      const preload = of.tokens().map((token) => `${subjectOf(token)}: ${token}`);
      const own = `operator: ${of.operatorToken}\nsystem_account: ${of.system.id}\nresolver: MEMORY`;
      const operator = `${own}\nresolver_preload: {\n${preload.join('\n')}\n}\n`;
      await writeFile(file, `${setting.mode === 'config' ? '' : operator}${more}\n`);
      return file;
    }
  });
}

/** What differs from server to server and says nothing: server ids, client ids, ports, times, random replies. */
export function normalize(value: unknown): unknown {
  if (typeof value === 'string') {
    return value
      .replace(/\bN[A-Z2-7]{55}\b/g, '<server>')
      .replace(/\b_R_\.[\w.]+/g, '<service reply>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>');
  }
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, normalize(each)]));
  }
  return value;
}

function portOf(url: string | undefined): number {
  return Number(/:(\d+)$/.exec(url ?? '')?.[1] ?? 0);
}

function subjectOf(token: string): string {
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return sub;
}
