import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interest } from '../../../broker/routing/interest.js';
import { linearInterest } from '../../../broker/routing/linear.js';
import { Subscription } from '../../../broker/routing/subscription.js';
import { treeInterest } from '../../../broker/routing/tree.js';

const subject = fc
  .array(fc.constantFrom('a', 'b', 'c', '*', '>', 'a*', ''), { minLength: 1, maxLength: 5 })
  .map((tokens) => tokens.join('.'));
const command = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), subject, queue: fc.constantFrom('', '', 'q', 'r') }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('match' as const), subject }),
);

function answer(interest: Interest, of: string): [Set<Subscription>, Map<string, Set<Subscription>>] {
  const { plain, groups } = interest.match(of);
  expect(new Set(plain).size).toBe(plain.length);
  return [new Set(plain), new Map([...groups].map(([queue, members]) => [queue, new Set(members)]))];
}

describe('interest', () => {
  it('in a tree is what asking everyone in turn gives', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const [tree, twin] = [treeInterest(), linearInterest()];
        const all: Subscription[] = [];
        for (const each of commands) {
          if (each.kind === 'insert') {
            const made = new Subscription(each.subject, each.queue, String(all.length), null);
            expect(tree.insert(made)).toBe(twin.insert(made));
            all.push(made);
          } else if (each.kind === 'remove') {
            const gone = all[each.at % Math.max(all.length, 1)];
            if (gone === undefined) continue;
            tree.remove(gone);
            twin.remove(gone);
          } else {
            expect(answer(tree, each.subject)).toEqual(answer(twin, each.subject));
          }
          expect(tree.size).toBe(twin.size);
        }
        for (const each of all) expect(answer(tree, each.subject)).toEqual(answer(twin, each.subject));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps nothing of what was removed', () => {
    const tree = treeInterest();
    const all = ['a.b.c', 'a.*.c', 'a.>', '>', '*', 'a.b.c'].map(
      (each, i) => new Subscription(each, '', String(i), null),
    );
    for (const each of all) tree.insert(each);
    for (const each of all) tree.remove(each);
    expect(tree.size).toBe(0);
    expect(tree.match('a.b.c')).toEqual({ plain: [], groups: new Map() });
  });

  it('takes subjects of very many tokens', () => {
    const tree = treeInterest();
    const deep = new Array(2_000).fill('a').join('.');
    const all = [deep, `${deep}.>`, '>'].map((each, i) => new Subscription(each, '', String(i), null));
    for (const each of all) tree.insert(each);
    expect(tree.match(deep).plain.length).toBe(2);
    for (const each of all) tree.remove(each);
    expect(tree.size).toBe(0);
  });
});
