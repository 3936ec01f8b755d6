import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keptBack, rulePublish, ruleSubscribe } from '../../../../claims/explain/permission.js';
import { compilePermissions } from '../../../../claims/permission/permission.js';
import type { Permissions } from '../../../../claims/types.js';
import { anySubject, literal, pattern } from '../subject/twins.js';

const queue = fc.constantFrom('', '', 'q1', 'q2', '>', '*', '*.x', 'q1.x');
const entry = fc.tuple(pattern, queue).map(([subject, group]) => (group === '' ? subject : `${subject} ${group}`));
const permissions: fc.Arbitrary<Permissions> = fc.record(
  {
    pub: fc.record({ allow: fc.array(pattern, { maxLength: 3 }), deny: fc.array(entry, { maxLength: 3 }) }),
    sub: fc.record({ allow: fc.array(entry, { maxLength: 3 }), deny: fc.array(entry, { maxLength: 3 }) }),
    resp: fc.constant({ max: 1, ttl: 0 }),
  },
  { requiredKeys: ['pub', 'sub'] },
);

it('says of publishing what servers decide, and names an entry that does decide', () => {
  const seen = { yes: 0, no: 0 };
  fc.assert(
    fc.property(permissions, fc.oneof(literal, anySubject), (lists, subject) => {
      const ruling = rulePublish(lists, subject);
      expect(ruling.allowed).toBe(compilePermissions(lists).canPublish(subject));
      seen[ruling.allowed ? 'yes' : 'no']++;
      if (ruling.entry === undefined) return;
      const { list, index, text } = ruling.entry;
      expect(lists.pub[list][index]).toBe(text);
      expect(list).toBe(ruling.allowed ? 'allow' : 'deny');
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(1_000);
});

it('says of subscribing what servers decide, plain and in a queue, and what is kept back', () => {
  const seen = { yes: 0, no: 0, kept: 0 };
  fc.assert(
    fc.property(permissions, fc.oneof(pattern, anySubject), queue, (lists, subject, group) => {
      const compiled = compilePermissions(lists);
      const ruling = ruleSubscribe(lists, subject, group);
      expect(ruling.allowed).toBe(compiled.canSubscribe(subject, group));
      seen[ruling.allowed ? 'yes' : 'no']++;
      if (!ruling.allowed) return;
      const kept = keptBack(lists, subject, group);
      expect(kept.length > 0).toBe(compiled.deliveryFilter(subject, group) !== null);
      if (kept.length > 0) seen.kept++;
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(seen.yes, seen.no, seen.kept)).toBeGreaterThan(200);
});
