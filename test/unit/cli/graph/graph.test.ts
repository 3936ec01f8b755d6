import { expect, it } from 'vitest';
import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { changeAccount } from '../../../../cli/change/change.js';
import { toDot } from '../../../../cli/graph/dot.js';
import { toMermaid } from '../../../../cli/graph/mermaid.js';
import { accountGraph, type Graph } from '../../../../cli/graph/model.js';
import { toSvg } from '../../../../cli/graph/svg.js';
import { tempWorkspace } from '../temp-workspace.js';

const evil: Graph = {
  operator: 'a"b\\',
  accounts: [
    { key: 'A1', name: 'x"]; click a0 "javascript:1" <script>', known: true, system: true, unusedExports: [] },
    {
      key: 'A2',
      name: 'two\nlines',
      known: false,
      system: false,
      unusedExports: [{ type: 'stream', subject: 'a.>', private: true }],
    },
  ],
  imports: [
    { from: 'A1', to: 'A2', type: 'stream', remote: 'a.>', local: 'b.>', private: true, state: 'broken', problem: 'x' },
    { from: 'A2', to: 'A1', type: 'service', remote: 'q', local: 'q', private: false, state: 'works' },
  ],
};

it('draws accounts and imports, and lets no name be markup', () => {
  const mermaid = toMermaid(evil);
  expect(mermaid).not.toMatch(/<|javascript:|\n.*lines"\n?lines/);
  expect(mermaid).toContain('a0 --x|"stream a.#62; as b.#62; (private#44; broken)"| a1');
  expect(mermaid).toContain('a0 -.->|"service q"| a1');
  const dot = toDot(evil);
  expect(dot).toContain('digraph "a\\"b\\\\" {');
  expect(dot).toContain('"A1" -> "A2" [label="stream a.> as b.> (private, broken)", style=solid, color=red];');
  const svg = toSvg(evil);
  expect(svg).not.toContain('<script');
  expect(svg.match(/<path d="M[\d. C]+" fill/g)).toHaveLength(2);
  expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
});

it('is made from the store: what works, what does not, and who is not known', async () => {
  const workspace = await tempWorkspace();
  const { publicKey: bank } = await createAccount(workspace, { name: 'bank' });
  const { publicKey: shop } = await createAccount(workspace, { name: 'shop' });
  await createAccount(workspace, { name: 'alone' });
  const edit = (name: string, change: (claims: AccountClaims) => void) =>
    changeAccount(workspace, name, {}, (claims) => {
      const changed = structuredClone(claims);
      change(changed);
      return changed;
    });
  await edit('bank', ({ nats }) => {
    const revocations = new Map();
    nats.exports = [
      { subject: 'pay', type: 'service', revocations },
      { subject: 'idle', type: 'stream', revocations },
    ];
  });
  await edit('shop', ({ nats }) => {
    nats.imports = [
      { account: bank, subject: 'pay', local_subject: 'bank.pay', type: 'service' },
      { account: bank, subject: 'nope', type: 'stream' },
    ];
  });
  const all = await accountGraph(workspace, []);
  expect(all.accounts.map(({ name }) => name).sort()).toEqual(['SYS', 'alone', 'bank', 'shop']);
  expect(all.accounts.find(({ name }) => name === 'bank')?.unusedExports).toMatchObject([{ subject: 'idle' }]);
  expect(all.imports.map(({ remote, state }) => `${remote} ${state}`).sort()).toEqual(['nope broken', 'pay works']);
  const some = await accountGraph(workspace, ['shop']);
  expect(some.accounts.map(({ key }) => key).sort()).toEqual([bank, shop].sort());
});

it('a name in a picture turns no direction', () => {
  const account = { key: 'A', name: 'a\u202e\u2066b', known: true, system: false, unusedExports: [] };
  expect(toSvg({ operator: 'acme', accounts: [account], imports: [] })).toContain('>a??b</text>');
});
