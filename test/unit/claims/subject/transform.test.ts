import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTransform, numberWildcards } from '../../../../claims/subject/transform.js';
import { fnv1a32 } from '../../../../claims/subject/transform-function.js';

const apply = (from: string, to: string, subject: string) => compileTransform(from, to).apply(subject);
const refusal = expect.objectContaining({ code: 'ERR_TRANSFORM_INVALID' });

describe('compileTransform', () => {
  it.each([
    ['foo', 'bar', 'foo', 'bar'],
    ['', 'prefix.>', 'foo', 'prefix.foo'],
    ['>', '>', 'foo.bar', 'foo.bar'],
    ['foo.>', '>', 'foo.bar.baz', 'bar.baz'],
    ['baz.>', 'my.pre.>', 'baz.1.2.3', 'my.pre.1.2.3'],
    ['foo.*.bar.*.baz', 'req.$2.$1', 'foo.A.bar.B.baz', 'req.B.A'],
    ['foo.*.bar.*.baz', 'req.{{wildcard(2)}}.{{wildcard(1)}}', 'foo.A.bar.B.baz', 'req.B.A'],
    ['foo.*.>', 'bar.$1.x.>', 'foo.a.b.c', 'bar.a.x.b.c'],
    ['*', 'foo.bar.$1', 'foo', 'foo.bar.foo'],
    ['foo.*.*', 'bar.$2', 'foo.a.b', 'bar.b'],
    ['foo.*', 'bar.$1.$1', 'foo.a', 'bar.a.a'],
    ['foo.*', '$JS.$x.$1', 'foo.a', '$JS.$x.a'],
  ])('%s to %s takes %s to %s', (from, to, subject, expected) => expect(apply(from, to, subject)).toBe(expected));

  it.each([
    ['foo', 3],
    ['baz', 0],
    ['qux', 9],
  ])('partition(10) puts %s into %i', (token, partition) => {
    expect(apply('*', 'bar.{{partition(10)}}', token)).toBe(`bar.${partition}`);
    expect(apply('*', 'bar.{{partition(10,1)}}', token)).toBe(`bar.${partition}`);
  });

  it.each([
    ['*.*', 'bar.{{partition(10)}}', 'foo.bar', 'bar.6'],
    ['foo.bar', 'baz.{{partition(10)}}', 'foo.bar', 'baz.6'],
    ['foo.baz', 'qux.{{partition(10)}}', 'foo.baz', 'qux.4'],
    ['test.subject', 'result.{{partition(5)}}', 'test.subject', 'result.0'],
    ['*', 'bar.{{partition(0)}}', 'baz', 'bar.0'],
    ['*', 'bar.{{partition(10, 0)}}', 'foo', 'bar.3'],
    ['*.x.*', '{{partition(10,1,2)}}', 'fo.x.o', '3'],
    ['foo.>', '{{partition(10)}}.>', 'foo.bar', '6.bar'],
  ])('%s to %s hashes %s to %s', (from, to, subject, expected) => expect(apply(from, to, subject)).toBe(expected));

  it.each([
    ['{{splitfromleft(1,3)}}', '12345', '123.45'],
    ['{{SplitFromRight(1,3)}}', '12345', '12.345'],
    ['{{splitFromLeft(1,5)}}', '12345', '12345'],
    ['{{splitFromLeft(1,0)}}', '12345', '12345'],
    ['{{splitFromLeft(1,-1)}}', '12345', '12345'],
    ['{{SliceFromLeft(1,3)}}', '1234567890', '123.456.789.0'],
    ['{{SliceFromRight(1,3)}}', '1234567890', '1.234.567.890'],
    ['{{sliceFromLeft(1,5)}}', '1234567890', '12345.67890'],
    ['{{sliceFromRight(1,5)}}', '1234567890', '12345.67890'],
    ['{{split(1,-)}}', '-abc-def--ghi-', 'abc.def.ghi'],
    ['{{split(1,-)}}', 'abc-def--ghi-', 'abc.def.ghi'],
    ['{{split(1,)}}', 'abc', 'a.b.c'],
    ['{{right(1,1)}}', '1234', '4'],
    ['{{right(1,3)}}', '1234', '234'],
    ['{{right(1,6)}}', '1234', '1234'],
    ['{{left(1,1)}}', '1234', '1'],
    ['{{left(1,3)}}', '1234', '123'],
    ['{{left(1,6)}}', '1234', '1234'],
    ['{{ left ( 1 , 3 ) }}', '1234', '123'],
    ['{{ Wildcard (1) }}', 'a', 'a'],
  ])('%s of %s is %s', (to, token, expected) => expect(apply('*', to, token)).toBe(expected));

  it('combines functions', () => {
    const to = '{{split(2,-)}}.{{splitfromleft(1,2)}}';
    expect(apply('*.*', to, 'foo.-abc-def--ghij-')).toBe('abc.def.ghij.fo.o');
  });

  it('counts bytes as nats-server does, but leaves whole what would be cut within a character', () => {
    expect(apply('*', '{{left(1,2)}}', 'é-ü')).toBe('é');
    expect(apply('*', '{{splitFromLeft(1,3)}}', 'é-ü')).toBe('é-.ü');
    expect(apply('*', '{{splitFromRight(1,2)}}', 'é-ü')).toBe('é-.ü');
    expect(apply('*', '{{left(1,1)}}', 'é-ü')).toBe('é-ü');
    expect(apply('*', '{{sliceFromLeft(1,2)}}', 'é-ü')).toBe('é-ü');
    expect(apply('*', '{{sliceFromRight(1,2)}}', 'éüx')).toBe('éüx');
    expect(apply('*', '{{sliceFromRight(1,2)}}', 'xéü')).toBe('x.é.ü');
    expect(apply('*', '{{split(1,)}}', 'é𝄞')).toBe('é.𝄞');
  });

  it('draws random numbers from what it is given', () => {
    const transform = compileTransform('*', 'bar.{{random(6)}}');
    expect(transform.apply('x', () => 0)).toBe('bar.0');
    expect(transform.apply('x', () => 0.999)).toBe('bar.5');
    expect(apply('foo', 'bar.{{random(0)}}', 'foo')).toBe('bar.0');
  });

  it('rewrites nothing that does not match, or would reach nobody', () => {
    expect(apply('foo.*', 'bar.$1', 'foo')).toBeNull();
    expect(apply('foo.*', 'bar.$1', 'foo.a.b')).toBeNull();
    expect(apply('>', '>', 'a..b')).toBeNull();
    expect(apply('*', 'a.{{split(1,-)}}', '---')).toBeNull();
  });

  it.each([
    ['foo..', 'bar'],
    ['foo bar', 'bar'],
    ['foo', ''],
    ['foo', 'foo..}'],
    ['foo', 'foo. bar}'],
    ['foo.*', 'bar.*'],
    ['foo.*', 'bar.$2'],
    ['foo.*', 'bar.$-1'],
    ['foo.*', 'bar.$1.>'],
    ['foo.>', 'bar.baz'],
    ['foo.>', '>.bar'],
    ['foo.*', 'foo.{{wildcard(2)}}'],
    ['foo.*', 'foo.{{unimplemented(1)}}'],
    ['foo.*', 'foo.{{WILDCARD(1)}}'],
    ['foo.*', 'foo.{{partition()}}'],
    ['foo.*', 'foo.{{partition(-1)}}'],
    ['foo.*', 'foo.{{partition(10,2)}}'],
    ['foo.*', 'foo.{{partition(2147483648)}}'],
    ['foo.*', 'foo.{{random()}}'],
    ['foo.*', 'foo.{{random(2147483648)}}'],
    ['foo.*', 'foo.{{wildcard(foo)}}'],
    ['foo.*', 'foo.{{wildcard()}}'],
    ['foo.*', 'foo.{{wildcard(1,2)}}'],
    ['foo.*', 'foo.{{ wildcard5) }}'],
    ['foo.*', 'foo.{{splitLeft(2,2}}'],
    ['foo.*', 'foo.{{left(1)}}'],
    ['foo.*', 'foo.{{left(1,2,3)}}'],
    ['foo.*', 'foo.{{split(1)}}'],
    ['foo.*', 'foo.{{split(1, a b)}}'],
    ['foo.*', 'foo.{{split(1,.)}}'],
    ['foo.*', 'foo.x{{wildcard(1)}}'],
    ['foo.*', 'foo.{{}}'],
    ['foo', 'bla.{{wildcard(1)}}'],
    ['foo', 'bla.$1'],
    ['foo.*', `foo${'.$1'.repeat(256)}`],
  ])('refuses %s to %s', (from, to) => expect(() => compileTransform(from, to)).toThrow(refusal));

  it.each([2147483647])('takes numbers up to %i', (n) => {
    expect(() => compileTransform('foo.*', `foo.{{partition(${n})}}`)).not.toThrow();
    expect(() => compileTransform('foo.bar', `foo.{{random(${n})}}`)).not.toThrow();
  });

  it('reads a long token in no time', () => {
    const started = performance.now();
    const to = `foo.{{left(1${' '.repeat(200_000)}x,${' '.repeat(200_000)})${' '.repeat(200_000)}}`;
    expect(() => compileTransform('foo.*', to)).toThrow(refusal);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('strict transforms, for imports', () => {
  it.each([
    ['foo.*.*', 'bar.$2'],
    ['foo.*', 'foo.$foo'],
    ['foo.*', 'bar.{{partition(2,1)}}'],
    ['foo.*.*', 'bar.$1.$1'],
    ['foo.*', 'bar.$1.$1'],
    ['foo.*', 'bar.$0'],
    ['foo', 'bar.{{random(3)}}'],
    ['$1.*', 'bar.$1'],
  ])('refuse %s to %s', (from, to) => {
    expect(() => compileTransform(from, to, { strict: true })).toThrow(refusal);
    expect(compileTransform(from, to).reverse).toBeUndefined();
  });

  it.each([
    ['foo', 'bar'],
    ['foo.*', 'bar.{{Wildcard(1)}}'],
    ['foo.*.*', 'bar.$2.{{Wildcard(1)}}'],
    ['foo.*.*.*', '$2.$3.x.$1'],
    ['foo.*.>', '$1.bar.>'],
    ['foo.>', '>'],
  ])('go back from %s to %s', (from, to) => {
    const there = compileTransform(from, to, { strict: true });
    let i = 0;
    const subject = from.replaceAll('*', () => 'abc'.charAt(i++)).replace('>', 'x.y');
    const back = there.reverse?.();
    expect(back?.apply(there.apply(subject) ?? '')).toBe(subject);
    expect(back?.reverse?.().apply(subject)).toBe(there.apply(subject));
  });
  it('reverse foo.*.* to bar.$2.$1', () => {
    const back = compileTransform('foo.*.*', 'bar.$2.$1', { strict: true }).reverse?.();
    expect([back?.from, back?.to]).toEqual(['bar.*.*', 'foo.$2.$1']);
  });

  it('take any permutation there and back', () => {
    const permutation = fc.integer({ min: 1, max: 5 }).chain((n) =>
      fc.shuffledSubarray(
        Array.from({ length: n }, (_, k) => k + 1),
        { minLength: n },
      ),
    );
    fc.assert(
      fc.property(permutation, fc.boolean(), (order, rest) => {
        const from = ['s', ...order.map(() => '*'), ...(rest ? ['>'] : [])].join('.');
        const to = [...order.map((k) => `$${k}`), 'd', ...(rest ? ['>'] : [])].join('.');
        const subject = ['s', ...order.map((_, k) => `t${k}`), ...(rest ? ['x', 'y'] : [])].join('.');
        const there = compileTransform(from, to, { strict: true });
        expect(there.reverse?.().apply(there.apply(subject) ?? '')).toBe(subject);
      }),
    );
  });

  it('rewrite subscriptions that lie within', () => {
    const back = compileTransform('foo.*.>', 'bar.$1.>', { strict: true }).reverse?.();
    expect(back?.apply('bar.*.a.>')).toBe('foo.*.a.>');
  });
});

describe('numberWildcards', () => {
  it('numbers the wildcards from the left', () => {
    expect(numberWildcards('bar.*.x.*.>')).toBe('bar.$1.x.$2.>');
    expect(numberWildcards('bar.$2.$1')).toBe('bar.$2.$1');
  });
});

describe('fnv1a32', () => {
  // Values of the FNV authors' test vectors.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of %j', (text, hash) => expect(fnv1a32(text)).toBe(hash));
});
