import { describe, expect, it } from 'vitest';
import { noPermissions } from '../../../../claims/jwt/new.js';
import { editPermissions, openedLists } from '../../../../cli/permission/edit.js';
import { permissionEdit, withResponseCount } from '../../../../cli/permission/flags.js';

const before = {
  pub: { allow: ['b', 'a'], deny: ['s'] },
  sub: { allow: ['a', 'x q'], deny: ['s'] },
  resp: { max: 3, ttl: 5 },
};
const edit = (flags: Parameters<typeof permissionEdit>[0], permissions: typeof before = before) =>
  editPermissions(permissions, permissionEdit(flags));

describe('permissions', () => {
  it('stay as they are where nothing is given, order and all', () => {
    expect(edit({})).toEqual(before);
    expect(edit({ 'allow-pub': ['a,b'] })).toEqual(before);
  });

  it('are added to each list, from lists and commas, `$` untouched', () => {
    const after = editPermissions(
      noPermissions(),
      permissionEdit({
        'allow-pub': ['$JS.API.>, a', 'b'],
        'allow-pubsub': ['c'],
        'deny-sub': ['d q'],
        'deny-pubsub': ['e'],
      }),
    );
    expect(after).toEqual({
      pub: { allow: ['$JS.API.>', 'a', 'b', 'c'], deny: ['e'] },
      sub: { allow: ['c'], deny: ['d q', 'e'] },
    });
  });

  it('are taken out of one list or of every one', () => {
    expect(edit({ 'rm-allow-pub': ['a'] })).toMatchObject({ pub: { allow: ['b'] }, sub: { allow: ['a', 'x q'] } });
    expect(edit({ 'rm-deny-sub': ['s'] })).toMatchObject({ pub: { deny: ['s'] }, sub: { deny: [] } });
    expect(edit({ rm: ['a,s'] })).toMatchObject({ pub: { allow: ['b'], deny: [] }, sub: { allow: ['x q'], deny: [] } });
  });

  it('refuses to take out what is not there, and to add and take out the same', () => {
    const unknown = expect.objectContaining({ code: 'ERR_ENTRY_UNKNOWN' });
    expect(() => edit({ 'rm-allow-pub': ['s'] })).toThrow(unknown);
    expect(() => edit({ rm: ['nowhere'] })).toThrow(unknown);
    const usage = expect.objectContaining({ code: 'ERR_USAGE' });
    expect(() => edit({ 'allow-pub': ['c'], 'rm-allow-pub': ['c'] })).toThrow(usage);
    expect(() => edit({ 'allow-pub': ['b'], rm: ['b'] })).toThrow(usage);
  });

  it('to answer requests are changed one value at a time, with the lists', () => {
    expect(edit({ 'allow-pub-response': '-1' }).resp).toEqual({ max: -1, ttl: 5 });
    expect(edit({ 'response-ttl': '2s' }).resp).toEqual({ max: 3, ttl: 2e9 });
    const without = edit({ 'rm-response-perms': true, 'allow-pub': ['c'] });
    expect(without).toMatchObject({ pub: { allow: ['a', 'b', 'c'] } });
    expect(without).not.toHaveProperty('resp');
    for (const flags of [{ 'allow-pub-response': '0' }, { 'rm-response-perms': true, 'response-ttl': '1s' }]) {
      expect(() => edit(flags)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
    }
  });

  it('tells where a list that lost its last entry lets everything through', () => {
    const opened = (flags: Parameters<typeof permissionEdit>[0]) => openedLists(before, edit(flags));
    expect(opened({ rm: ['a'] })).toEqual([]);
    expect(opened({ 'rm-allow-sub': ['a', 'x q'] })).toEqual([expect.stringContaining('subscribe')]);
    expect(opened({ 'rm-allow-pub': ['a', 'b'] })).toEqual([]);
    expect(opened({ 'rm-allow-pub': ['a', 'b'], 'rm-response-perms': true })).toEqual([
      expect.stringContaining('publish'),
    ]);
  });

  it('leaves what it was given untouched', () => {
    const copy = structuredClone(before);
    edit({ 'allow-pub': ['z'], rm: ['a'], 'response-ttl': '1s' });
    expect(before).toEqual(copy);
  });
});

it('--allow-pub-response stands alone or before a number', () => {
  expect(withResponseCount(['x', '--allow-pub-response'])).toEqual(['x', '--allow-pub-response', '1']);
  expect(withResponseCount(['--allow-pub-response', 'bob'])).toEqual(['--allow-pub-response', '1', 'bob']);
  expect(withResponseCount(['--allow-pub-response', '5'])).toEqual(['--allow-pub-response', '5']);
  expect(withResponseCount(['--allow-pub-response', '-1'])).toEqual(['--allow-pub-response', '-1']);
  expect(withResponseCount(['--allow-pub-response=5'])).toEqual(['--allow-pub-response=5']);
});
