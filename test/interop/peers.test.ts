import { describe, expect, it } from 'vitest';
import { peer, requiredPeers } from '../peers.js';

describe('peers', () => {
  it('has every peer that this run requires', () => {
    expect(requiredPeers().filter((name) => peer(name) === undefined)).toEqual([]);
  });
});
