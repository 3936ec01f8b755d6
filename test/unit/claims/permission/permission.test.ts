import { describe, expect, it } from 'vitest';
import { effectivePermissions } from '../../../../claims/permission/defaults.js';
import { compilePermissions } from '../../../../claims/permission/permission.js';
import type { Permission, Permissions } from '../../../../claims/types.js';

const NONE: Permission = { allow: [], deny: [] };
const pub = (pub: Partial<Permission>, rest: Partial<Permissions> = {}) =>
  compilePermissions({ pub: { ...NONE, ...pub }, sub: NONE, ...rest });
const sub = (sub: Partial<Permission>) => compilePermissions({ pub: NONE, sub: { ...NONE, ...sub } });

describe('publish permissions', () => {
  it('allow everything when there are none', () => {
    expect(pub({}).canPublish('anything.at.all')).toBe(true);
  });

  it('allow what is listed', () => {
    const { canPublish } = pub({ allow: ['foo', 'bar.*'] });
    expect(canPublish('foo')).toBe(true);
    expect(canPublish('bar.baz')).toBe(true);
    expect(canPublish('bar.baz.qux')).toBe(false);
    expect(canPublish('_INBOX.x')).toBe(false);
  });

  it('allow everything else when only denies are listed', () => {
    const { canPublish } = pub({ deny: ['foo.>'] });
    expect(canPublish('bar')).toBe(true);
    expect(canPublish('foo.bar')).toBe(false);
  });

  it('let deny win', () => {
    const { canPublish } = pub({ allow: ['>'], deny: ['*.secret'] });
    expect(canPublish('foo.secret')).toBe(false);
    expect(canPublish('foo.public')).toBe(true);
  });

  it('deny the subject of an entry that wrongly names a queue', () => {
    expect(pub({ deny: ['foo workers'] }).canPublish('foo')).toBe(false);
  });

  it('refuse a malformed subject where there are rules', () => {
    expect(pub({ deny: ['foo'] }).canPublish('bar..baz')).toBe(false);
    expect(pub({ allow: ['>'] }).canPublish('bar.')).toBe(false);
  });

  it('deny all but replies to who may respond and has no allow list', () => {
    expect(pub({}, { resp: { max: 1, ttl: 0 } }).canPublish('foo')).toBe(false);
    expect(pub({ deny: ['bar'] }, { resp: { max: 1, ttl: 0 } }).canPublish('foo')).toBe(false);
    expect(pub({ allow: ['foo'] }, { resp: { max: 1, ttl: 0 } }).canPublish('foo')).toBe(true);
  });

  it('answer the same after more subjects than are remembered', () => {
    const { canPublish } = pub({ allow: ['a.*'], deny: ['a.7'] });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1000; i++) expect(canPublish(`a.${i}`)).toBe(i !== 7);
      expect(canPublish(`a.${'x'.repeat(4000)}`)).toBe(true);
    }
  });
});

describe('response permissions', () => {
  it('are absent unless given', () => {
    expect(pub({}).responses).toBeNull();
  });

  it('default to one message within two minutes', () => {
    expect(pub({}, { resp: { max: 0, ttl: 0 } }).responses).toEqual({ max: 1, ttlNs: 120e9 });
  });

  it('keep what is given, and take any negative as unlimited', () => {
    expect(pub({}, { resp: { max: 5, ttl: 1000 } }).responses).toEqual({ max: 5, ttlNs: 1000 });
    expect(pub({}, { resp: { max: -7, ttl: -1 } }).responses).toEqual({ max: -1, ttlNs: -1 });
  });
});

describe('subscribe permissions', () => {
  it('allow everything when there are none', () => {
    const { canSubscribe, deliveryFilter } = sub({});
    expect(canSubscribe('>')).toBe(true);
    expect(canSubscribe('foo', 'q')).toBe(true);
    expect(deliveryFilter('>')).toBeNull();
  });

  it('take only what lies whole within an allow entry', () => {
    const { canSubscribe } = sub({ allow: ['foo.*'] });
    expect(canSubscribe('foo.bar')).toBe(true);
    expect(canSubscribe('foo.*')).toBe(true);
    expect(canSubscribe('foo.>')).toBe(false);
    expect(canSubscribe('>')).toBe(false);
    expect(canSubscribe('foo.bar.baz')).toBe(false);
  });

  it('refuse what lies whole within a deny', () => {
    const { canSubscribe } = sub({ allow: ['>'], deny: ['foo.*'] });
    expect(canSubscribe('foo.bar')).toBe(false);
    expect(canSubscribe('foo.*')).toBe(false);
    expect(canSubscribe('foo.>')).toBe(true);
  });

  it('have no exception for inboxes', () => {
    expect(sub({ allow: ['foo'] }).canSubscribe('_INBOX.abc.*')).toBe(false);
  });

  // [allow, deny, subject, queue, accepted]
  it.each([
    [['foo'], [], 'foo', '', true],
    [['foo'], [], 'foo', 'any', true],
    [['foo bar'], [], 'foo', 'bar', true],
    [['foo bar'], [], 'foo', 'fizz', false],
    [['foo bar'], [], 'foo', '', false],
    [['foo bar.*'], [], 'foo', 'bar.fizz', true],
    [['> bar.>'], [], 'whizz', 'bar.bang', true],
    [['> bar.>'], [], 'whizz', '', false],
    [['> *.dev', '> *.stg'], [], 'foo', 'bar', false],
    [['> *.dev', '> *.stg'], [], 'foo', 'bar.stg', true],
    [['foo', 'foo v1'], [], 'foo', '', true],
    [['foo', 'foo v1'], [], 'foo', 'v1', true],
    [['foo', 'foo v1'], [], 'foo', 'v2', false],
    [['>'], ['foo'], 'foo', 'bar', false],
    [['>'], ['foo'], 'bar', '', true],
    [['>'], ['>'], 'foo', 'bar', false],
    [['>'], ['> >'], 'foo', '', true],
    [[], ['> >'], 'foo', 'bar', false],
    [[], ['> >'], 'foo', 'a..b', false],
    [[], ['> *.dev', '> *.stg'], 'foo', 'bar', true],
    [[], ['> *.dev', '> *.stg'], 'foo', 'bar.dev', false],
    [[], ['foo >'], 'foo', 'bar', false],
    [[], ['foo v1'], 'foo', 'v1', false],
    [[], ['foo v1'], 'foo', 'v2', true],
    [[], ['foo v1'], 'foo', '', true],
  ])('allow %j, deny %j: %s %s is %s', (allow, deny, subject, queue, accepted) => {
    expect(sub({ allow, deny }).canSubscribe(subject, queue || undefined)).toBe(accepted);
  });

  it('never let a queue deny weaken a plain one (advisory 2026-18)', () => {
    for (const deny of [
      ['admin.>', '> restricted'],
      ['> restricted', 'admin.>'],
    ]) {
      const { canSubscribe } = sub({ allow: ['>'], deny });
      expect(canSubscribe('admin.secret', 'workers')).toBe(false);
      expect(canSubscribe('admin.secret', 'restricted')).toBe(false);
      expect(canSubscribe('admin.secret')).toBe(false);
      expect(canSubscribe('other', 'restricted')).toBe(false);
      expect(canSubscribe('other', 'workers')).toBe(true);
    }
  });

  it('refuse entries that cannot be read', () => {
    for (const entry of ['\t', ' ', '', 'a..b', 'a  b']) {
      expect(() => sub({ deny: [entry] })).toThrow(expect.objectContaining({ code: 'ERR_PERMISSION_INVALID' }));
      expect(() => sub({ allow: [entry] })).toThrow(expect.objectContaining({ code: 'ERR_PERMISSION_INVALID' }));
    }
  });
});

describe('delivery filters', () => {
  // [deny, subscription, kept back, delivered]: the pairs of advisory 2026-17, and CVE-2022-29946.
  it.each([
    ['*.secret', 'foo.*', 'foo.secret', 'foo.public'],
    ['foo.*.bar', 'foo.baz.*', 'foo.baz.bar', 'foo.baz.qux'],
    ['*.*.bar', 'foo.*.*', 'foo.baz.bar', 'foo.baz.qux'],
    ['a.>', '*.b', 'a.b', 'z.b'],
    ['foo.secret', 'foo.*', 'foo.secret', 'foo.public'],
    ['foo.*', 'foo.>', 'foo.a', 'foo.a.b'],
  ])('deny %s, subscribed to %s: keep %s back, deliver %s', (deny, subject, blocked, delivered) => {
    const permissions = sub({ allow: ['>'], deny: [deny] });
    for (const queue of [undefined, 'q']) {
      expect(permissions.canSubscribe(subject, queue)).toBe(true);
      const filter = permissions.deliveryFilter(subject, queue);
      expect(filter?.(blocked)).toBe(true);
      expect(filter?.(delivered)).toBe(false);
    }
  });

  it('ask nothing where no deny overlaps', () => {
    const { deliveryFilter } = sub({ deny: ['foo.>', 'bar.> q'] });
    expect(deliveryFilter('other.*')).toBeNull();
    expect(deliveryFilter('bar.*')).toBeNull();
    expect(deliveryFilter('bar.*', 'r')).toBeNull();
    expect(deliveryFilter('foo')).toBeNull();
  });

  it('keep back by queue only from that queue', () => {
    const { deliveryFilter } = sub({ deny: ['*.secret q1', 'a.hidden'] });
    const q1 = deliveryFilter('a.*', 'q1');
    expect(q1?.('a.secret')).toBe(true);
    expect(q1?.('a.hidden')).toBe(true);
    expect(q1?.('a.open')).toBe(false);
    const q2 = deliveryFilter('a.*', 'q2');
    expect(q2?.('a.secret')).toBe(false);
    expect(q2?.('a.hidden')).toBe(true);
    expect(deliveryFilter('a.*')?.('a.secret')).toBe(false);
  });
});

describe('effectivePermissions', () => {
  const own = (permissions: Partial<Permissions>): Permissions => ({ pub: NONE, sub: NONE, ...permissions });
  const defaults = own({ pub: { allow: ['default'], deny: [] } });

  it('takes the defaults of the account only for a user without any entry', () => {
    expect(effectivePermissions(own({}), defaults)).toBe(defaults);
    for (const some of [
      { pub: { allow: ['a'], deny: [] } },
      { pub: { allow: [], deny: ['a'] } },
      { sub: { allow: ['a'], deny: [] } },
      { sub: { allow: [], deny: ['a'] } },
      { resp: { max: 1, ttl: 0 } },
    ]) {
      expect(effectivePermissions(own(some), defaults)).toEqual(own(some));
    }
  });
});
