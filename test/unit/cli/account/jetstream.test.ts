import { describe, expect, it } from 'vitest';
import { noAccountLimits, noJetStream } from '../../../../claims/jwt/new.js';
import type { AccountLimits } from '../../../../claims/types.js';
import { editJetStream, hasJetStream, type JetStreamEdit } from '../../../../cli/account/jetstream.js';

const off = noAccountLimits();
const edit = (limits: AccountLimits, change: Partial<JetStreamEdit>) =>
  editJetStream(limits, { limits: {}, ...change });
const flat = edit(off, { limits: { disk_storage: 100 } });
const tiered = edit(off, { tier: 3, limits: { mem_storage: 5, streams: 2 } });
const refused = (code: string) => expect.objectContaining({ code });

describe('JetStream of an account', () => {
  it('begins without limits but the storage given, for all tiers or one', () => {
    const counts = {
      streams: -1,
      consumer: -1,
      max_ack_pending: -1,
      mem_max_stream_bytes: -1,
      disk_max_stream_bytes: -1,
    };
    expect(flat).toMatchObject({ disk_storage: 100, mem_storage: 0, ...counts, max_bytes_required: false });
    expect(tiered.tiered_limits.get('R3')).toEqual({ ...noJetStream(), ...counts, mem_storage: 5, streams: 2 });
    expect(tiered).toMatchObject(noJetStream());
    expect(hasJetStream(off)).toBe(false);
  });

  it('keeps what is not given', () => {
    expect(edit(flat, { limits: { max_bytes_required: true } })).toEqual({ ...flat, max_bytes_required: true });
    const more = edit(edit(tiered, { tier: 1, limits: { disk_storage: 7 } }), { tier: 3, limits: { consumer: 4 } });
    expect([...more.tiered_limits.keys()].sort()).toEqual(['R1', 'R3']);
    expect(more.tiered_limits.get('R3')).toMatchObject({ mem_storage: 5, streams: 2, consumer: 4 });
    expect(edit(flat, {})).toEqual(flat);
    expect(tiered.tiered_limits.size).toBe(1);
  });

  it('is switched on and off, and loses a tier', () => {
    expect(edit(off, { enable: 0 })).toMatchObject({ mem_storage: -1, disk_storage: -1, streams: 0 });
    expect(edit(tiered, { enable: 1 }).tiered_limits.get('R1')).toMatchObject({ mem_storage: -1, disk_storage: -1 });
    expect(edit(tiered, { disable: true })).toEqual(off);
    expect(edit(flat, { removeTier: 0 })).toEqual(off);
    expect(edit(tiered, { removeTier: 3 })).toEqual(off);
  });

  it('has limits for all tiers or by tier, not both', () => {
    expect(() => edit(flat, { tier: 1, limits: { streams: 1 } })).toThrow(refused('ERR_JETSTREAM_TIERS'));
    expect(() => edit(tiered, { limits: { streams: 1 } })).toThrow(refused('ERR_JETSTREAM_TIERS'));
    expect(() => edit(tiered, { enable: 0 })).toThrow(refused('ERR_JETSTREAM_TIERS'));
    expect(() => edit(flat, { enable: 1 })).toThrow(refused('ERR_JETSTREAM_TIERS'));
    expect(() => edit(flat, { enable: 0 })).toThrow(refused('ERR_JETSTREAM_TIERS'));
  });

  it('refuses what is not there, and flags that exclude each other', () => {
    expect(() => edit(tiered, { removeTier: 1 })).toThrow(refused('ERR_ENTRY_UNKNOWN'));
    expect(() => edit(off, { removeTier: 0 })).toThrow(refused('ERR_ENTRY_UNKNOWN'));
    const pairs: Partial<JetStreamEdit>[] = [
      { disable: true, enable: 0 },
      { disable: true, limits: { streams: 1 } },
      { removeTier: 3, tier: 1 },
      { removeTier: 3, disable: true },
      { enable: 0, limits: { streams: 1 } },
      { tier: 2 },
    ];
    for (const one of pairs) expect(() => edit(off, one), JSON.stringify(one)).toThrow(refused('ERR_USAGE'));
  });
});
