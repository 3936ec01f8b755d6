import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compilePermissions } from '../../../../claims/permission/permission.js';
import { everyLiteral, pattern, twinMatches } from '../subject/twins.js';

/**
 * Permissions by brute force: a pattern is the set of every subject it matches. Depth 5 and
 * three letters tell all patterns of depth <= 5 over {a, b, *, >} apart, but for `>` against `*` in the sixth place.
 */
const universe = everyLiteral(6);
const languages = new Map<string, string[]>();

function language(p: string): string[] {
  let known = languages.get(p);
  if (known === undefined) {
    known = universe.filter((l) => twinMatches(p, l));
    languages.set(p, known);
  }
  return known;
}

const within = (inner: string, outer: string) => language(inner).every((l) => twinMatches(outer, l));

interface Entry {
  subject: string;
  queue: string;
}
const queue = fc.constantFrom('', '', 'q1', 'q2', '>', '*.x');
const entry: fc.Arbitrary<Entry> = fc.record({ subject: pattern, queue });
const text = (e: Entry) => (e.queue === '' ? e.subject : `${e.subject} ${e.queue}`);
const groupFits = (e: Entry, q: string) => e.queue === '>' || e.queue === q;

const shallow = fc.array(fc.constantFrom('a', 'b', 'other'), { minLength: 1, maxLength: 5 }).map((t) => t.join('.'));

it('delivers nothing that is denied, plain or by queue group: 100,000 cases', () => {
  let delivered = 0;
  let keptBack = 0;
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 3 }),
      pattern,
      fc.constantFrom('', 'q1', 'q2'),
      fc.nat(),
      (deny, subject, q, pick) => {
        const reached = language(subject);
        const published = reached[pick % reached.length] ?? '';
        const permissions = compilePermissions({
          pub: { allow: [], deny: [] },
          sub: { allow: ['>'], deny: deny.map(text) },
        });
        if (!permissions.canSubscribe(subject, q)) return;
        const arrives = !(permissions.deliveryFilter(subject, q)?.(published) ?? false);
        const denied = deny.some(
          (e) => twinMatches(e.subject, published) && (e.queue === '' || (q !== '' && groupFits(e, q))),
        );
        expect(arrives).toBe(!denied);
        if (arrives) delivered++;
        else keptBack++;
      },
    ),
    { numRuns: 100_000 },
  );
  // The property says something only if both happen often.
  expect(Math.min(delivered, keptBack)).toBeGreaterThan(1_000);
});

it('accepts exactly the subscriptions that are allowed and not denied whole', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 3 }),
      fc.array(entry, { maxLength: 3 }),
      pattern,
      fc.constantFrom('', 'q1', 'q2'),
      (allow, deny, subject, q) => {
        const permissions = compilePermissions({
          pub: { allow: [], deny: [] },
          sub: { allow: allow.map(text), deny: deny.map(text) },
        });
        const about = allow.filter((e) => within(subject, e.subject));
        const groups = about.filter((e) => e.queue !== '');
        const plain = about.some((e) => e.queue === '');
        const allowed =
          allow.length === 0 || (q !== '' && groups.length > 0 ? groups.some((e) => groupFits(e, q)) : plain);
        const denied = deny.some(
          (e) => within(subject, e.subject) && (e.queue === '' || (q !== '' && groupFits(e, q))),
        );
        expect(permissions.canSubscribe(subject, q)).toBe(allowed && !denied);
      },
    ),
    { numRuns: 5_000 },
  );
});

it('allows exactly the publishes that are allowed and not denied', () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { maxLength: 12 }),
      fc.array(pattern, { maxLength: 12 }),
      shallow,
      (allow, deny, l) => {
        const { canPublish } = compilePermissions({ pub: { allow, deny }, sub: { allow: [], deny: [] } });
        const expected =
          (allow.length === 0 || allow.some((p) => twinMatches(p, l))) && !deny.some((p) => twinMatches(p, l));
        expect(canPublish(l)).toBe(expected);
        expect(canPublish(l)).toBe(expected);
      },
    ),
    { numRuns: 10_000 },
  );
});
