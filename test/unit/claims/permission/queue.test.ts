import { describe, expect, it } from 'vitest';
import {
  allowsQueue,
  deniesQueue,
  parsePublishEntry,
  parseSubscribeEntry,
} from '../../../../claims/permission/queue.js';

const refusal = expect.objectContaining({ code: 'ERR_PERMISSION_INVALID' });

describe('parseSubscribeEntry', () => {
  it('splits subject and queue', () => {
    expect(parseSubscribeEntry('foo.*')).toEqual({ subject: 'foo.*', queue: null });
    expect(parseSubscribeEntry('foo.> v1.*')).toEqual({ subject: 'foo.>', queue: 'v1.*' });
    expect(parseSubscribeEntry('> >')).toEqual({ subject: '>', queue: '>' });
  });

  it.each([
    '',
    ' ',
    '\t',
    '\n',
    'foo ',
    ' foo',
    'foo  q',
    'foo q r',
    'foo\tq',
    'foo..bar',
    'foo a..b',
    'a.>.b',
    'foo >.q',
  ])('refuses %j', (entry) => expect(() => parseSubscribeEntry(entry)).toThrow(refusal));
});

describe('parsePublishEntry', () => {
  it('refuses a queue in an allow list and keeps the subject of one in a deny list', () => {
    expect(() => parsePublishEntry('foo q', 'allow')).toThrow(refusal);
    expect(parsePublishEntry('foo q', 'deny')).toBe('foo');
    expect(() => parsePublishEntry('foo..q', 'deny')).toThrow(refusal);
    expect(() => parsePublishEntry('\t', 'deny')).toThrow(refusal);
  });
});

describe('queue groups', () => {
  it.each([
    ['v1', 'v1', true],
    ['v1', 'v2', false],
    ['v1.*', 'v1.prod', true],
    ['v1.*', 'v1.*', true],
    ['v1.>', 'v1.*', true],
    ['*.dev', 'bar', false],
    ['>', 'any', true],
    ['>', 'a..b', true],
  ])('%s is for %s: %s, in allow and deny', (entry, queue, expected) => {
    expect(allowsQueue(entry, queue)).toBe(expected);
    expect(deniesQueue(entry, queue)).toBe(expected);
  });

  it('gives a group named like a pattern the stricter reading in both lists', () => {
    expect(allowsQueue('v1.*', 'v1.>')).toBe(false);
    expect(deniesQueue('v1.*', 'v1.>')).toBe(true);
    expect(allowsQueue('v1.>', 'v1..x')).toBe(false);
    expect(deniesQueue('v1.>', 'v1..x')).toBe(true);
  });
});
