import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandTemplate, isPlainValue, type TemplateContext } from '../../../../claims/scope/template.js';
import type { Permission, UserPermissionLimits } from '../../../../claims/types.js';

const template = (lists: { pub?: Partial<Permission>; sub?: Partial<Permission> }): UserPermissionLimits => ({
  pub: { allow: [], deny: [], ...lists.pub },
  sub: { allow: [], deny: [], ...lists.sub },
  subs: 10,
  data: -1,
  payload: 1024,
  src: [],
  times: [],
  allowed_connection_types: ['STANDARD'],
});

const context = (user: Partial<TemplateContext['user']> = {}, account: Partial<TemplateContext['account']> = {}) => ({
  user: { name: 'bob', key: 'UBOB', tags: [], ...user },
  account: { name: 'orders', key: 'AORDERS', tags: [], ...account },
});

const allow = (list: string[], c = context()) => expandTemplate(template({ sub: { allow: list } }), c).sub;
const deny = (list: string[], c = context()) => expandTemplate(template({ pub: { deny: list } }), c).pub.deny;
const error = (code: string) => expect.objectContaining({ code });
const many = (key: string, n: number) => Array.from({ length: n }, (_, i) => `${key}:${i}`);

describe('expandTemplate', () => {
  it('fills in names and keys', () => {
    const list = ['u.{{name()}}.>', 'u.{{subject()}}', 'a.{{account-name()}}', 'a.{{account-subject()}}'];
    expect(allow(list).allow).toEqual(['u.bob.>', 'u.UBOB', 'a.orders', 'a.AORDERS']);
  });

  it('reads function names in any letter case, with spaces around', () => {
    expect(allow(['{{ NAME() }}', '{{Account-Subject()}}']).allow).toEqual(['bob', 'AORDERS']);
    expect(allow(['{{TAG(Team)}}'], context({ tags: ['team:red'] })).allow).toEqual(['red']);
  });

  it('fills in within a token', () => {
    expect(allow(['$KV.KV_{{tag(bucket)}}.>'], context({ tags: ['bucket:cfg'] })).allow).toEqual(['$KV.KV_cfg.>']);
  });

  it('multiplies the values of tags, the last one changing fastest', () => {
    const c = context({ tags: ['a:1', 'b:x', 'a:2', 'other'] }, { tags: ['b:y', 'b:z'] });
    expect(allow(['{{tag(a)}}.{{account-tag(b)}}'], c).allow).toEqual(['1.y', '1.z', '2.y', '2.z']);
  });

  it('gives every occurrence of a function the same value', () => {
    expect(allow(['{{tag(a)}}.x.{{tag(a)}}'], context({ tags: ['a:1', 'a:2'] })).allow).toEqual(['1.x.1', '2.x.2']);
  });

  it('takes a key with colons', () => {
    const c = context({ tags: ['a:b:c'] });
    expect(allow(['{{tag(a)}}', '{{tag(a:b)}}'], c).allow).toEqual(['b:c', 'c']);
  });

  it('leaves lists without functions, and everything else, as they are', () => {
    const before = template({ pub: { allow: ['a', 'b'] }, sub: { allow: ['foo q'], deny: ['bar'] } });
    expect(expandTemplate(before, context())).toEqual(before);
  });

  it('leaves the template alone', () => {
    const before = template({ sub: { allow: ['{{tag(none)}}'] } });
    expandTemplate(before, context());
    expect(before).toEqual(template({ sub: { allow: ['{{tag(none)}}'] } }));
  });

  it('drops an undefined tag from an allow list, and closes a list that becomes empty', () => {
    expect(allow(['a', '{{tag(none)}}'])).toEqual({ allow: ['a'], deny: [] });
    expect(allow(['{{tag(none)}}'])).toEqual({ allow: [], deny: ['>'] });
    const both = expandTemplate(template({ pub: { allow: ['{{tag(none)}}'], deny: ['x'] } }), context());
    expect(both.pub).toEqual({ allow: [], deny: ['x', '>'] });
    expect(both.sub).toEqual({ allow: [], deny: [] });
  });

  it('refuses a user whose deny list names an undefined tag', () => {
    expect(() => deny(['{{tag(none)}}'])).toThrow(error('ERR_TEMPLATE_VALUE'));
  });

  it('refuses or drops entries with a queue in a list with functions', () => {
    expect(allow(['foo q', '{{name()}}', '{{name()}} q']).allow).toEqual(['bob']);
    expect(() => expandTemplate(template({ sub: { deny: ['foo q', '{{name()}}'] } }), context())).toThrow(
      error('ERR_TEMPLATE_VALUE'),
    );
  });

  it.each(['foo.{{name()', 'foo.name()}}', '{{}}', '{{ }}', '{{{{name()}}}}', '{{{name()}}}', 'a{{na{{me()}}', '}}{{'])(
    'refuses %s in any list',
    (entry) => {
      expect(() => allow([entry])).toThrow(error('ERR_TEMPLATE_SYNTAX'));
      expect(() => deny([entry])).toThrow(error('ERR_TEMPLATE_SYNTAX'));
    },
  );

  it.each(['{{x}}', '{{unknown()}}', '{{tag(}}', '{{tag()}}', '{{name}}', '{{name(x)}}', '{{nametag()}}'])(
    'refuses the function %s in any list',
    (entry) => {
      expect(() => allow([entry])).toThrow(error('ERR_TEMPLATE_FUNCTION'));
      expect(() => deny([entry])).toThrow(error('ERR_TEMPLATE_FUNCTION'));
    },
  );
});

describe('values that are filled in', () => {
  const bad = [
    '*',
    '>',
    'a.b',
    'a.>',
    '',
    ' ',
    'a b',
    '\t',
    '\0',
    'a\r\n',
    '\u2028',
    '\u200b',
    '\u202e',
    '\ud800',
    'x*',
    '{{subject()}}',
    'x'.repeat(257),
  ];

  it.each(bad)('are not %j', (value) => {
    expect(isPlainValue(value)).toBe(false);
    for (const [entry, c] of [
      ['u.{{name()}}.>', context({ name: value })],
      ['u.{{account-name()}}.>', context({}, { name: value })],
      ['u.{{tag(k)}}.>', context({ tags: [`k:${value}`] })],
      ['u.{{account-tag(k)}}.>', context({}, { tags: [`k:${value}`] })],
    ] as const) {
      expect(allow([entry], c)).toEqual({ allow: [], deny: ['>'] });
      expect(() => deny([entry], c)).toThrow(error('ERR_TEMPLATE_VALUE'));
    }
  });

  it('are dropped one by one from an allow list', () => {
    expect(allow(['u.{{tag(k)}}'], context({ tags: ['k:*', 'k:ok', 'k:'] })).allow).toEqual(['u.ok']);
  });

  it.each(['bob', 'Bob-1_x', 'größe', '日本', 'a:b', '$x'])('may be %s', (value) => {
    expect(isPlainValue(value)).toBe(true);
  });

  it('never leave the shape of the template', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('*', '>', 'a.b', '{{name()}}', 'ok', ' '),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(value, value, (name, tag) => {
        const granted = allow(['u.{{name()}}.p_{{tag(k)}}.*'], context({ name, tags: [`k:${tag}`] }));
        for (const subject of granted.allow) {
          const tokens = subject.split('.');
          expect(tokens).toHaveLength(4);
          expect(['*', '>']).not.toContain(tokens[1]);
          expect(tokens[2]?.startsWith('p_')).toBe(true);
        }
        if (granted.allow.length === 0) expect(granted.deny).toEqual(['>']);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('the bound', () => {
  it('takes 4,096 subjects and refuses more', () => {
    const at = context({ tags: [...many('a', 64), ...many('b', 64)] });
    expect(allow(['{{tag(a)}}.{{tag(b)}}'], at).allow).toHaveLength(4096);
    expect(() => allow(['x', '{{tag(a)}}.{{tag(b)}}'], at)).toThrow(error('ERR_TEMPLATE_TOO_MANY'));
    const above = context({ tags: [...many('a', 64), ...many('b', 65)] });
    expect(() => allow(['{{tag(a)}}.{{tag(b)}}'], above)).toThrow(error('ERR_TEMPLATE_TOO_MANY'));
    expect(() => deny(['{{tag(a)}}.{{tag(b)}}'], above)).toThrow(error('ERR_TEMPLATE_TOO_MANY'));
  });

  it.each([
    [
      'a million subjects',
      ['{{tag(a)}}.{{tag(b)}}.{{tag(c)}}'],
      [...many('a', 100), ...many('b', 100), ...many('c', 100)],
    ],
    ['one tag over and over', [Array(50_000).fill('{{tag(a)}}').join('.')], many('a', 100)],
    ['much text', [`${'x'.repeat(100_000)}.{{tag(a)}}`], many('a', 4096)],
    ['a long subject over and over', [Array(10_000).fill('{{tag(a)}}').join('.')], [`a:${'x'.repeat(256)}`]],
    ['many lists of keys', Array.from({ length: 5_000 }, (_, i) => `{{tag(k${i})}}`), many('a', 50_000)],
  ])('refuses %s before it is built', (_, list, tags) => {
    const started = performance.now();
    expect(() => allow(list, context({ tags }))).toThrow(error('ERR_TEMPLATE_TOO_MANY'));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
