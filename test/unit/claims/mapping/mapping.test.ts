import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMappings } from '../../../../claims/mapping/mapping.js';
import type { WeightedMapping } from '../../../../claims/types.js';
import { literal, pattern, twinMatches } from '../subject/twins.js';

type Lists = Record<string, WeightedMapping[]>;
const compile = (lists: Lists) => compileMappings(new Map(Object.entries(lists)));
const at = (percent: number, cluster?: string) => ({ random: () => percent / 100, ...(cluster && { cluster }) });
const shares = (lists: Lists, subject: string, cluster?: string) => {
  const mappings = compile(lists);
  const counts: Record<string, number> = {};
  for (let percent = 0; percent < 100; percent++) {
    const to = String(mappings.apply(subject, at(percent, cluster)));
    counts[to] = (counts[to] ?? 0) + 1;
  }
  return counts;
};

describe('compileMappings', () => {
  it('leaves subjects alone that no mapping speaks of', () => {
    const mappings = compile({ foo: [{ subject: 'bar' }] });
    expect(mappings.apply('baz', at(0))).toBe('baz');
    expect(mappings.apply('foo.x', at(0))).toBe('foo.x');
    expect(compile({}).apply('a..b', at(0))).toBe('a..b');
  });

  it('maps with functions, left and right too', () => {
    const mappings = compile({ 'foo.*.*': [{ subject: 'bar.$2.{{left(1,2)}}.{{right(1,1)}}' }] });
    expect(mappings.apply('foo.abc.x', at(0))).toBe('bar.x.ab.c');
  });

  it('takes a weight of 0, as an absent one, for 100', () => {
    expect(shares({ foo: [{ subject: 'bar', weight: 0 }] }, 'foo')).toEqual({ bar: 100 });
  });

  it('shares by weight, and leaves the rest with the original', () => {
    expect(
      shares(
        {
          foo: [
            { subject: 'a', weight: 20 },
            { subject: 'b', weight: 30 },
          ],
        },
        'foo',
      ),
    ).toEqual({
      a: 20,
      b: 30,
      foo: 50,
    });
    expect(shares({ 'foo.*.>': [{ subject: 'x.$1.>', weight: 40 }] }, 'foo.a.b')).toEqual({
      'x.a.b': 40,
      'foo.a.b': 60,
    });
  });

  it('leaves the rest with an original that looks like a function', () => {
    expect(shares({ 'foo.$1': [{ subject: 'bar', weight: 40 }] }, 'foo.$1')).toEqual({ bar: 40, 'foo.$1': 60 });
  });

  it('drops the rest where the source is listed as a destination', () => {
    expect(shares({ foo: [{ subject: 'foo', weight: 50 }] }, 'foo')).toEqual({ foo: 50, null: 50 });
    expect(
      shares(
        {
          foo: [
            { subject: 'foo', weight: 10 },
            { subject: 'bar', weight: 80 },
          ],
        },
        'foo',
      ),
    ).toEqual({
      foo: 10,
      bar: 80,
      null: 10,
    });
  });

  it('takes the list of the cluster, else the general one', () => {
    const lists = {
      foo: [{ subject: 'general' }, { subject: 'east', cluster: 'E' }, { subject: 'west', weight: 25, cluster: 'W' }],
    };
    expect(shares(lists, 'foo')).toEqual({ general: 100 });
    expect(shares(lists, 'foo', 'E')).toEqual({ east: 100 });
    expect(shares(lists, 'foo', 'W')).toEqual({ west: 25, foo: 75 });
    expect(shares(lists, 'foo', 'N')).toEqual({ general: 100 });
    expect(shares({ foo: [{ subject: 'east', cluster: 'E' }] }, 'foo', 'N')).toEqual({ foo: 100 });
  });

  it('draws for random destinations from the same source', () => {
    expect(compile({ 'foo.*': [{ subject: 'foo.$1.{{random(10)}}' }] }).apply('foo.a', at(55))).toBe('foo.a.5');
  });

  it('drops what becomes no subject', () => {
    expect(compile({ '*': [{ subject: '{{split(1,-)}}' }] }).apply('--', at(0))).toBeNull();
  });

  it('lets the most specific of overlapping sources speak, in whatever order they stand', () => {
    const sources = ['>', 'foo.>', '*.bar', 'foo.*', 'foo.bar', 'foo.*.baz', 'foo.bar.*'];
    const expected: [string, string][] = [
      ['foo.bar', 'foo.bar'],
      ['foo.x', 'foo.*'],
      ['x.bar', '*.bar'],
      ['foo.bar.baz', 'foo.bar.*'],
      ['foo.x.baz', 'foo.*.baz'],
      ['foo.x.y', 'foo.>'],
      ['x', '>'],
    ];
    for (const order of [sources, [...sources].reverse()]) {
      const mappings = compile(
        Object.fromEntries(
          order.map((s) => [s, [{ subject: `to${sources.indexOf(s)}${s.endsWith('>') ? '.>' : ''}` }]]),
        ),
      );
      for (const [subject, source] of expected) {
        expect(mappings.apply(subject, at(0))?.split('.')[0], subject).toBe(`to${sources.indexOf(source)}`);
      }
    }
  });

  it('always takes one that is contained before the one that contains it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(pattern, { minLength: 1, maxLength: 6 }), literal, (sources, subject) => {
        const destination = (s: string, i: number) => [{ subject: s.endsWith('>') ? `t${i}.>` : `t${i}` }];
        const forward = compile(Object.fromEntries(sources.map((s, i) => [s, destination(s, i)])));
        const backward = compile(Object.fromEntries(sources.map((s, i) => [s, destination(s, i)] as const).reverse()));
        const to = forward.apply(subject, at(0));
        expect(backward.apply(subject, at(0))).toBe(to);
        const matching = sources.filter((s) => twinMatches(s, subject));
        if (matching.length === 0) expect(to).toBe(subject);
        if (matching.includes(subject)) expect(to).toBe(`t${sources.indexOf(subject)}`);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each<[string, Lists]>([
    ['a source that is no subject', { 'foo..bar': [] }],
    ['a destination that is no subject', { foo: [{ subject: 'a b' }] }],
    ['an unknown wildcard', { foo: [{ subject: 'bar.$1' }] }],
    [
      'a destination twice',
      {
        foo: [
          { subject: 'a', weight: 10 },
          { subject: 'a', weight: 20, cluster: 'E' },
        ],
      },
    ],
    ['a weight above 100', { foo: [{ subject: 'a', weight: 101 }] }],
    ['a weight that is no percentage', { foo: [{ subject: 'a', weight: -1 }] }],
    ['a weight that is no whole number', { foo: [{ subject: 'a', weight: 0.5 }] }],
    ['weights above 100 in sum', { foo: ['a', 'b', 'c'].map((subject) => ({ subject, weight: 90 })) }],
    ['weights above 100 in a cluster', { foo: ['a', 'b'].map((subject) => ({ subject, weight: 60, cluster: 'E' })) }],
  ])('refuses %s', (_, lists) => {
    expect(() => compile(lists)).toThrow(expect.objectContaining({ code: 'ERR_MAPPING_INVALID' }));
  });

  it('leaves a faulty mapping out where faults are taken', () => {
    const faults: string[] = [];
    const mappings = compileMappings(
      new Map([
        ['foo', [{ subject: 'bar.$1' }]],
        ['a', [{ subject: 'b' }]],
      ]),
      {
        onFault: (fault) => faults.push(fault.code),
      },
    );
    expect(faults).toEqual(['ERR_MAPPING_INVALID']);
    expect(mappings.apply('foo', at(0))).toBe('foo');
    expect(mappings.apply('a', at(0))).toBe('b');
  });
});
