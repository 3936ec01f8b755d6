import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { peer } from '../peers.js';
import { CASES, type Cast, makeCast, play } from '../unit/broker/protocol-cases.js';
import { runAgainst } from '../unit/broker/world.js';
import { startPeer } from './broker-peer.js';

/**
 * What the unit tests hold our broker to, nats-server does too: the same conversations, imports and account updates, but
 * for those where we mean to differ.
 */
const SERVER = peer('nats-server');

if (SERVER !== undefined) {
  runAgainst((world, options) => startPeer(SERVER, world, options));
  await import('../unit/broker/imports.test.js');
  await import('../unit/broker/live.test.js');
}

describe.skipIf(SERVER === undefined)('protocol parity with nats-server', () => {
  let cast: Cast;
  let server: RunningBroker | undefined;

  beforeAll(async () => {
    cast = await makeCast();
    server = await startPeer(SERVER as string, cast.world);
  });

  afterAll(() => server?.close());

  it.each(CASES.filter((each) => each.ours === undefined))('$title', async (each) => {
    expect(await play(server?.port ?? 0, cast, each)).toEqual({ said: each.expect, closed: each.closes === true });
  });
});
