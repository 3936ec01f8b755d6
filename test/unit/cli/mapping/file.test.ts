import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listMappings, putMapping, putMappings } from '../../../../cli/mapping/change.js';
import { parseMappings, readMappings } from '../../../../cli/mapping/file.js';
import { threeAccounts } from '../sharing/shop.js';
import { tempDir } from '../temp.js';

const YAML = `
# where orders go
orders.*:
  - subject: new.{{wildcard(1)}}
    weight: 60
  - { subject: 'old.{{wildcard(1)}}', weight: 40, cluster: east }
$KV.a.>: [{ subject: $KV.b.> }]
`;
const MAPPINGS = new Map([
  [
    'orders.*',
    [
      { subject: 'new.{{wildcard(1)}}', weight: 60 },
      { subject: 'old.{{wildcard(1)}}', weight: 40, cluster: 'east' },
    ],
  ],
  ['$KV.a.>', [{ subject: '$KV.b.>' }]],
]);

describe('mappings of a file', () => {
  it('are read from YAML and from JSON', async () => {
    const file = path.join(tempDir(), 'mappings');
    for (const text of [YAML, JSON.stringify(Object.fromEntries(MAPPINGS))]) {
      writeFileSync(file, text);
      expect(await readMappings(file)).toEqual(MAPPINGS);
    }
  });

  it('replace what was said of their subjects, and of no other', async () => {
    const { workspace, claims } = await threeAccounts();
    await putMapping(workspace, { account: 'shop', from: 'orders.*', to: 'gone.{{wildcard(1)}}' }, {});
    await putMapping(workspace, { account: 'shop', from: 'kept', to: 'there' }, {});
    const wanted = { account: 'shop', mappings: MAPPINGS };
    expect((await putMappings(workspace, wanted, { dryRun: true })).changed).toBe(true);
    expect((await claims('shop')).nats.mappings.get('orders.*')).toHaveLength(1);
    expect(await putMappings(workspace, wanted, {})).toMatchObject({
      account: 'shop',
      changed: true,
      mappings: [{ from: 'orders.*', to: [{}, { cluster: 'east' }] }, { from: '$KV.a.>' }],
    });
    const after = (await listMappings(workspace, 'shop')).mappings;
    expect(after.map(({ from }) => from).sort()).toEqual(['$KV.a.>', 'kept', 'orders.*']);
  });

  it('are all or none: one that is no mapping keeps the others out', async () => {
    const { workspace, claims } = await threeAccounts();
    const mappings = new Map([...MAPPINGS, ['a b', [{ subject: 'c' }]]]);
    await expect(putMappings(workspace, { account: 'shop', mappings }, {})).rejects.toThrow(/a b/);
    expect((await claims('shop')).nats.mappings.size).toBe(0);
  });

  it.each<[string, RegExp]>([
    ['', /no mappings/],
    ['[]', /no mappings/],
    ['a: {b: c}', /a: a list/],
    ['a: []', /a: a list/],
    ['a: [b]', /a\[0\]: subject, weight/],
    ['a: [{weight: 5}]', /a\[0\]: subject must be a text/],
    ['a: [{subject: b, weight: 0}]', /1 to 100/],
    ['a: [{subject: b, weight: 1.5}]', /1 to 100/],
    ['a: [{subject: b, wieght: 5}]', /there is no wieght/],
    ['a: [{subject: b, cluster: 5}]', /cluster is a name/],
    ['1: [{subject: b}]', /subject that is mapped must be a text/],
    ['a: [{subject: b}]\na: [{subject: c}]', /line 2, column 1: Map keys must be unique/],
    ['a: [{subject: b', /line 1/],
    ['a: &x [{subject: b}]\nc: *x', /[Aa]lias/],
    ['a: [{subject: !!binary eA==}]', /subject must be a text/],
  ])('%j is refused', (text, message) => {
    expect(() => parseMappings(text, 'f')).toThrow(
      expect.objectContaining({ code: 'ERR_MAPPING_FILE', message: expect.stringMatching(message) }),
    );
  });
});
