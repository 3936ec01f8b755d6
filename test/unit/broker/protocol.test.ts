import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import { CASES, type Cast, makeCast, play } from './protocol-cases.js';
import { brokerOf } from './world.js';

describe('protocol', () => {
  let cast: Cast;
  let broker: RunningBroker;

  beforeAll(async () => {
    cast = await makeCast();
    broker = await brokerOf(cast.world);
  });

  afterAll(() => broker.close());

  it.each(CASES)('$title', async (each) => {
    expect(await play(broker.port, cast, each)).toEqual({ said: each.expect, closed: each.closes === true });
  });
});
