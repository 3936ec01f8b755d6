import { describe, expect, it } from 'vitest';
import { deleteMapping, listMappings, putMapping, type WantedMapping } from '../../../../cli/mapping/change.js';
import { threeAccounts } from '../sharing/shop.js';

async function world() {
  const { workspace, claims } = await threeAccounts();
  const put = (from: string, to: string, more: Partial<WantedMapping> = {}) =>
    putMapping(workspace, { account: 'shop', from, to, ...more }, {});
  const remove = (from: string, to?: string, cluster?: string) =>
    deleteMapping(workspace, { account: 'shop', from, to, cluster }, {});
  const list = async () => (await listMappings(workspace, 'shop')).mappings;
  return { claims, put, remove, list };
}

describe('mapping', () => {
  it('adds destinations, and gives one that is there another weight', async () => {
    const { put, list } = await world();
    await put('a', 'b', { weight: 50 });
    await put('a', 'c', { weight: 20 });
    await put('a', 'c', { weight: 20, cluster: 'eu' });
    expect(await put('a', 'b', { weight: 60 })).toMatchObject({
      from: 'a',
      to: [
        { subject: 'b', weight: 60 },
        { subject: 'c', weight: 20 },
        { subject: 'c', weight: 20, cluster: 'eu' },
      ],
    });
    expect((await put('$KV.old.>', '$KV.new.>')).to).toEqual([{ subject: '$KV.new.>' }]);
    expect((await list()).map((one) => one.from).sort()).toEqual(['$KV.old.>', 'a']);
  });

  it('refuses more than all, and what is no subject; warns of what servers skip', async () => {
    const { put } = await world();
    await put('a', 'b', { weight: 60 });
    await expect(put('a', 'c', { weight: 60 })).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    await expect(put('a..', 'c')).rejects.toMatchObject({ code: 'ERR_CLAIMS_INVALID' });
    expect((await put('x.*', 'y.{{wildcard(2)}}')).warnings).toHaveLength(1);
  });

  it('removes one of many destinations and keeps the others, or all', async () => {
    const { put, remove, list } = await world();
    for (const to of ['b', 'c', 'd', 'e']) await put('a', to, { weight: 25 });
    await put('a', 'e', { weight: 25, cluster: 'eu' });
    expect((await remove('a', 'd')).to.map((one) => one.subject)).toEqual(['b', 'c', 'e', 'e']);
    await expect(remove('a', 'e')).rejects.toMatchObject({ code: 'ERR_MAPPING_AMBIGUOUS' });
    expect((await remove('a', 'e', '')).to).toMatchObject([{}, {}, { subject: 'e', cluster: 'eu' }]);
    await expect(remove('a', 'z')).rejects.toMatchObject({ code: 'ERR_MAPPING_UNKNOWN' });
    await remove('a');
    expect(await list()).toEqual([]);
    await expect(remove('a')).rejects.toMatchObject({ code: 'ERR_MAPPING_UNKNOWN' });
  });
});
