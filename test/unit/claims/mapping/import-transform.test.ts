import { describe, expect, it } from 'vitest';
import { importTransform } from '../../../../claims/mapping/import-transform.js';
import type { Import } from '../../../../claims/types.js';

const imp = (fields: Partial<Import>): Import => ({ subject: '', account: 'A', type: 'stream', ...fields });

describe('importTransform', () => {
  it.each<[string, Partial<Import>, string, string]>([
    ['the same subject', { subject: 'foo.*.>' }, 'foo.*.>', 'foo.*.>'],
    ['a local subject', { subject: 'foo.*', local_subject: 'bar.$1' }, 'foo.*', 'bar.*'],
    ['a local subject with *', { subject: 'foo.*.*', local_subject: 'bar.*.*' }, 'foo.*.*', 'bar.*.*'],
    ['the local subject of a service', { type: 'service', subject: 'svc', local_subject: 'my.svc' }, 'svc', 'my.svc'],
    ['the prefix of a stream', { subject: 'foo.*', to: 'pre' }, 'foo.*', 'pre.foo.*'],
    [
      'the deprecated form of a service',
      { type: 'service', subject: 'local.*', to: 'remote.*' },
      'remote.*',
      'local.*',
    ],
  ])('reads %s', (_, fields, remote, local) => {
    const transform = importTransform(imp(fields));
    expect(transform).toMatchObject({ remote, local });
    const subject = remote.replaceAll('*', 'x').replace('>', 'y.z');
    expect(transform.toRemote.apply(transform.toLocal.apply(subject) ?? '')).toBe(subject);
  });

  it('reorders wildcards there and back', () => {
    const { toLocal, toRemote } = importTransform(imp({ subject: 'foo.*.*', local_subject: 'bar.$2.$1' }));
    expect(toLocal.apply('foo.a.b')).toBe('bar.b.a');
    expect(toRemote.apply('bar.b.a')).toBe('foo.a.b');
  });

  it('refuses a local subject that loses a wildcard', () => {
    for (const local_subject of ['bar', 'bar.$1', 'bar.$1.$1', 'bar.$1.$3']) {
      expect(() => importTransform(imp({ subject: 'foo.*.*', local_subject }))).toThrow(
        expect.objectContaining({ code: 'ERR_TRANSFORM_INVALID' }),
      );
    }
  });
});
