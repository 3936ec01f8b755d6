import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeAccounts } from '../../../../claims/account/merge.js';
import { droppedRevocations } from '../../../../claims/account/revocation.js';
import { newAccount } from '../../../../claims/jwt/new.js';
import type { AccountClaims, AccountData, Export, Import, UserScope } from '../../../../claims/types.js';

type Edit = (data: AccountData, claims: AccountClaims) => void;

/** An account, edited. */
function account(...edits: Edit[]): AccountClaims {
  const claims: AccountClaims = { ...newAccount('AORDERS', 'orders'), iss: 'O', iat: 1, jti: 'J' };
  for (const edit of edits) edit(claims.nats, claims);
  return claims;
}

const imp = (fields: Partial<Import> = {}): Import => ({ subject: 'foo', account: 'AX', type: 'stream', ...fields });
const exp = (fields: Partial<Export> = {}): Export => ({
  subject: 'foo',
  type: 'service',
  revocations: new Map(),
  ...fields,
});
const scope = (fields: Partial<UserScope> = {}): UserScope => ({
  kind: 'user_scope',
  key: 'AK',
  role: 'r',
  description: '',
  template: {
    pub: { allow: [], deny: [] },
    sub: { allow: [], deny: [] },
    subs: -1,
    data: -1,
    payload: -1,
    src: [],
    times: [],
    allowed_connection_types: [],
  },
  ...fields,
});

const paths = (result: { conflicts: { path: string }[] }) => result.conflicts.map((c) => c.path);

/** What one side changes, with what it comes to. */
interface Change {
  name: string;
  path: string;
  base: Edit;
  one: Edit;
  other: Edit;
  see: (claims: Pick<AccountClaims, 'name' | 'nats'> & { exp?: number }) => unknown;
}

const scalars: Change[] = [
  {
    name: 'the name',
    path: '/name',
    base: () => {},
    one: (_, c) => Object.assign(c, { name: 'one' }),
    other: (_, c) => Object.assign(c, { name: 'other' }),
    see: (c) => c.name,
  },
  {
    name: 'the expiry',
    path: '/exp',
    base: () => {},
    one: (_, c) => Object.assign(c, { exp: 1 }),
    other: (_, c) => Object.assign(c, { exp: 2 }),
    see: (c) => c.exp,
  },
  {
    name: 'the description',
    path: '/nats/description',
    base: (d) => Object.assign(d, { description: 'base' }),
    one: (d) => Object.assign(d, { description: 'one' }),
    other: (d) => delete d.description,
    see: (c) => c.nats.description,
  },
  {
    name: 'the trace',
    path: '/nats/trace',
    base: () => {},
    one: (d) => Object.assign(d, { trace: { dest: 'one' } }),
    other: (d) => Object.assign(d, { trace: { dest: 'other', sampling: 5 } }),
    see: (c) => c.nats.trace,
  },
  {
    name: 'a limit',
    path: '/nats/limits/conn',
    base: () => {},
    one: (d) => Object.assign(d.limits, { conn: 10 }),
    other: (d) => Object.assign(d.limits, { conn: 0 }),
    see: (c) => c.nats.limits.conn,
  },
  {
    name: 'a JetStream limit of a tier',
    path: '/nats/limits/tiered_limits/R3/streams',
    base: (d) => d.limits.tiered_limits.set('R3', { ...jetstream, streams: 1 }),
    one: (d) => d.limits.tiered_limits.set('R3', { ...jetstream, streams: 2 }),
    other: (d) => d.limits.tiered_limits.set('R3', { ...jetstream, streams: 3 }),
    see: (c) => c.nats.limits.tiered_limits.get('R3')?.streams,
  },
  {
    name: 'the xkey',
    path: '/nats/authorization/xkey',
    base: () => {},
    one: (d) => Object.assign(d.authorization, { xkey: 'X1' }),
    other: (d) => Object.assign(d.authorization, { xkey: 'X2' }),
    see: (c) => c.nats.authorization.xkey,
  },
  {
    name: 'the default response permission',
    path: '/nats/default_permissions/resp',
    base: () => {},
    one: (d) => Object.assign(d.default_permissions, { resp: { max: 1, ttl: 0 } }),
    other: (d) => Object.assign(d.default_permissions, { resp: { max: 2, ttl: 0 } }),
    see: (c) => c.nats.default_permissions.resp,
  },
  {
    name: 'the scope of a signing key',
    path: '/nats/signing_keys/AK',
    base: (d) => d.signing_keys.set('AK', null),
    one: (d) => d.signing_keys.set('AK', scope({ role: 'one' })),
    other: (d) => d.signing_keys.set('AK', scope({ role: 'other' })),
    see: (c) => c.nats.signing_keys.get('AK'),
  },
  {
    name: 'a mapping',
    path: '/nats/mappings/a~1b.*',
    base: (d) => d.mappings.set('a/b.*', [{ subject: 'base' }]),
    one: (d) => d.mappings.set('a/b.*', [{ subject: 'one', weight: 5 }]),
    other: (d) => d.mappings.set('a/b.*', [{ subject: 'other' }]),
    see: (c) => c.nats.mappings.get('a/b.*'),
  },
  {
    name: 'the token of an import',
    path: '/nats/imports/stream AX foo/token',
    base: (d) => d.imports.push(imp()),
    one: (d) => Object.assign(d.imports[0] ?? {}, { token: 'one' }),
    other: (d) => Object.assign(d.imports[0] ?? {}, { token: 'other' }),
    see: (c) => c.nats.imports[0]?.token,
  },
  {
    name: 'the response type of an export',
    path: '/nats/exports/service foo/response_type',
    base: (d) => d.exports.push(exp()),
    one: (d) => Object.assign(d.exports[0] ?? {}, { response_type: 'Stream' }),
    other: (d) => Object.assign(d.exports[0] ?? {}, { response_type: 'Chunked' }),
    see: (c) => c.nats.exports[0]?.response_type,
  },
];

const jetstream = {
  mem_storage: 0,
  disk_storage: 0,
  streams: 0,
  consumer: 0,
  max_ack_pending: 0,
  mem_max_stream_bytes: 0,
  disk_max_stream_bytes: 0,
  max_bytes_required: false,
};

describe.each(scalars)('merging $name', ({ path, base, one, other, see }) => {
  it('takes ours when only we changed it', () => {
    const ours = account(base, one);
    const result = mergeAccounts(account(base), ours, account(base));
    expect(result.conflicts).toEqual([]);
    expect(see(result.merged)).toEqual(see(ours));
    expect(result.changedFromTheirs).toBe(true);
  });

  it('takes theirs when only they changed it', () => {
    const theirs = account(base, one);
    const result = mergeAccounts(account(base), account(base), theirs);
    expect(result.conflicts).toEqual([]);
    expect(see(result.merged)).toEqual(see(theirs));
    expect(result.changedFromTheirs).toBe(false);
  });

  it('takes what both changed to the same', () => {
    const result = mergeAccounts(account(base), account(base, one), account(base, one));
    expect(result.conflicts).toEqual([]);
    expect(result.changedFromTheirs).toBe(false);
  });

  it('names a conflict when both changed it, and leaves theirs', () => {
    const [ours, theirs] = [account(base, one), account(base, other)];
    const result = mergeAccounts(account(base), ours, theirs);
    expect(result.conflicts).toEqual([{ path, ours: see(ours), theirs: see(theirs) }]);
    expect(see(result.merged)).toEqual(see(theirs));
    expect(result.changedFromTheirs).toBe(false);
  });

  it('names a conflict without a base when they differ', () => {
    expect(paths(mergeAccounts(null, account(base, one), account(base, other)))).toEqual([path]);
    expect(paths(mergeAccounts(null, account(base, one), account(base, one)))).toEqual([]);
  });
});

/** An entry of a collection: how to add it, and whether it is there. */
interface Entry {
  name: string;
  add: Edit;
  change?: Edit;
  has: (data: AccountData) => boolean;
}

const entries: Entry[] = [
  {
    name: 'an import',
    add: (d) => d.imports.push(imp()),
    change: (d) => Object.assign(d.imports.at(-1) ?? {}, { name: 'x' }),
    has: (d) => d.imports.some((i) => i.subject === 'foo'),
  },
  {
    name: 'an export',
    add: (d) => d.exports.push(exp()),
    change: (d) => Object.assign(d.exports.at(-1) ?? {}, { name: 'x' }),
    has: (d) => d.exports.some((e) => e.subject === 'foo'),
  },
  {
    name: 'a plain signing key',
    add: (d) => d.signing_keys.set('AK', null),
    change: (d) => d.signing_keys.set('AK', scope()),
    has: (d) => d.signing_keys.has('AK'),
  },
  {
    name: 'a scoped signing key',
    add: (d) => d.signing_keys.set('AK', scope()),
    change: (d) => d.signing_keys.set('AK', null),
    has: (d) => d.signing_keys.has('AK'),
  },
  {
    name: 'a mapping',
    add: (d) => d.mappings.set('foo', [{ subject: 'bar' }]),
    change: (d) => d.mappings.set('foo', [{ subject: 'baz' }]),
    has: (d) => d.mappings.has('foo'),
  },
  {
    name: 'a tier',
    add: (d) => d.limits.tiered_limits.set('R1', { ...jetstream, streams: 1 }),
    change: (d) => d.limits.tiered_limits.set('R1', { ...jetstream, streams: 2 }),
    has: (d) => d.limits.tiered_limits.has('R1'),
  },
  {
    name: 'a tag',
    add: (d) => Object.assign(d, { tags: [...(d.tags ?? []), 't'] }),
    has: (d) => (d.tags ?? []).includes('t'),
  },
  {
    name: 'a default permission',
    add: (d) => d.default_permissions.sub.deny.push('foo'),
    has: (d) => d.default_permissions.sub.deny.includes('foo'),
  },
];

describe.each(entries)('merging $name', ({ add, change, has }) => {
  it('keeps what either side added', () => {
    for (const [ours, theirs] of [
      [account(add), account()],
      [account(), account(add)],
      [account(add), account(add)],
    ] as const) {
      for (const base of [account(), null]) {
        const result = mergeAccounts(base, ours, theirs);
        expect(result.conflicts).toEqual([]);
        expect(has(result.merged.nats)).toBe(true);
        expect(result.changedFromTheirs).toBe(!has(theirs.nats));
      }
    }
  });

  it('drops what either side deleted and the other left alone', () => {
    for (const [ours, theirs] of [
      [account(), account(add)],
      [account(add), account()],
      [account(), account()],
    ] as const) {
      const result = mergeAccounts(account(add), ours, theirs);
      expect(result.conflicts).toEqual([]);
      expect(has(result.merged.nats)).toBe(false);
      expect(result.changedFromTheirs).toBe(has(theirs.nats));
    }
  });

  it('names a conflict when one deleted what the other changed', () => {
    if (change === undefined) return;
    const kept = mergeAccounts(account(add), account(), account(add, change));
    expect(kept.conflicts).toMatchObject([{ ours: undefined }]);
    expect(has(kept.merged.nats)).toBe(true);
    const gone = mergeAccounts(account(add), account(add, change), account());
    expect(gone.conflicts).toMatchObject([{ theirs: undefined }]);
    expect(has(gone.merged.nats)).toBe(false);
  });
});

describe('merging revocations', () => {
  const revoked =
    (entries: Record<string, number>): Edit =>
    (d) => {
      d.revocations = new Map(Object.entries(entries));
    };

  it('unites them and keeps the newest times', () => {
    const result = mergeAccounts(account(), account(revoked({ UA: 1, UB: 5 })), account(revoked({ UB: 3, UC: 7 })));
    expect(result.merged.nats.revocations).toEqual(new Map(Object.entries({ UA: 1, UB: 5, UC: 7 })));
    expect(result.conflicts).toEqual([]);
    expect(result.changedFromTheirs).toBe(true);
  });

  it('never drops one, whoever dropped it', () => {
    const base = account(revoked({ UA: 1 }));
    for (const result of [mergeAccounts(base, account(), base), mergeAccounts(base, base, account())]) {
      expect(result.merged.nats.revocations).toEqual(new Map([['UA', 1]]));
    }
    expect(mergeAccounts(base, account(), base).changedFromTheirs).toBe(false);
  });

  it('unites those of an export', () => {
    const exported =
      (revocations: Record<string, number>): Edit =>
      (d) => {
        d.exports = [exp({ revocations: new Map(Object.entries(revocations)) })];
      };
    const result = mergeAccounts(
      account(exported({ A1: 1 })),
      account(exported({ A2: 2 })),
      account(exported({ A1: 3 })),
    );
    expect(result.merged.nats.exports[0]?.revocations).toEqual(new Map(Object.entries({ A1: 3, A2: 2 })));
  });
});

describe('identity of imports and exports', () => {
  it('tells imports apart by type, account, subject and local subject', () => {
    const others = [
      imp({ type: 'service' }),
      imp({ account: 'AY' }),
      imp({ subject: 'bar' }),
      imp({ local_subject: 'l' }),
    ];
    for (const other of others) {
      const result = mergeAccounts(
        account(),
        account((d) => d.imports.push(imp())),
        account((d) => d.imports.push(other)),
      );
      expect(result.merged.nats.imports).toHaveLength(2);
      expect(result.conflicts).toEqual([]);
    }
  });

  it('loses nothing of a list with duplicates', () => {
    const twice = account((d) => d.imports.push(imp({ name: '1' }), imp({ name: '2' })));
    const result = mergeAccounts(twice, twice, twice);
    expect(result.merged.nats.imports).toEqual(twice.nats.imports);
  });
});

describe('lists that grant more when empty', () => {
  const allow =
    (...list: string[]): Edit =>
    (d) => {
      d.default_permissions.pub.allow = list;
    };
  const callout =
    (...list: string[]): Edit =>
    (d) => {
      d.authorization.auth_users = list;
    };

  it.each([
    ['an allow list', '/nats/default_permissions/pub/allow', allow],
    ['the auth users', '/nats/authorization/auth_users', callout],
  ])('do not become empty by merging: %s', (_, path, set) => {
    const result = mergeAccounts(account(set('a', 'b')), account(set('a')), account(set('b')));
    expect(result.conflicts).toEqual([{ path, ours: ['a'], theirs: ['b'] }]);
    expect(result.changedFromTheirs).toBe(false);
  });

  it.each([
    ['an allow list', '/nats/default_permissions/pub/allow', allow],
    ['the auth users', '/nats/authorization/auth_users', callout],
  ])('go from and to empty as one change: %s', (_, path, set) => {
    expect(paths(mergeAccounts(account(set('a')), account(set()), account(set('a', 'b'))))).toEqual([path]);
    expect(mergeAccounts(account(set('a')), account(set()), account(set('a'))).conflicts).toEqual([]);
    expect(mergeAccounts(account(set()), account(set('b', 'a')), account(set())).conflicts).toEqual([]);
  });

  it('are united without a base', () => {
    const result = mergeAccounts(null, account(), account(allow('a')));
    expect(result.conflicts).toEqual([]);
    expect(result.merged.nats.default_permissions.pub.allow).toEqual(['a']);
  });
});

describe('what may not stand together', () => {
  it('names a conflict when one side goes over to JetStream tiers and the other edits the flat limits', () => {
    const flat: Edit = (d) => Object.assign(d.limits, { disk_storage: 100 });
    const tiers: Edit = (d) => d.limits.tiered_limits.set('R1', { ...jetstream, streams: 1 });
    const result = mergeAccounts(account(), account(tiers), account(flat));
    expect(paths(result)).toEqual(['/nats/limits/tiered_limits']);
    expect(result.merged.nats.limits.tiered_limits.size).toBe(0);
    expect(result.merged.nats.limits.disk_storage).toBe(100);
  });

  it('names a conflict when one side allows every account and the other one more', () => {
    const accounts =
      (...list: string[]): Edit =>
      (d) => {
        d.authorization.auth_users = ['U'];
        d.authorization.allowed_accounts = list;
      };
    const result = mergeAccounts(account(accounts('A')), account(accounts('*')), account(accounts('A', 'B')));
    expect(paths(result)).toEqual(['/nats/authorization/allowed_accounts']);
    expect(result.merged.nats.authorization.allowed_accounts).toEqual(['A', 'B']);
  });
});

describe('mergeAccounts', () => {
  it('refuses two accounts', () => {
    const other = account((_, c) => Object.assign(c, { sub: 'AOTHER' }));
    for (const [b, o, t] of [
      [null, account(), other],
      [other, account(), account()],
    ] as const) {
      expect(() => mergeAccounts(b, o, t)).toThrow(expect.objectContaining({ code: 'ERR_MERGE_ACCOUNT' }));
    }
  });

  it('leaves signing to the signer, and its arguments alone', () => {
    const ours = account((d) => d.imports.push(imp()));
    const theirs = account((d) => d.exports.push(exp()));
    const before = structuredClone([ours, theirs]);
    const { merged } = mergeAccounts(account(), ours, theirs);
    expect(merged).not.toHaveProperty('iss');
    expect(merged).not.toHaveProperty('iat');
    expect(merged).not.toHaveProperty('jti');
    expect([ours, theirs]).toEqual(before);
  });

  it('does not see a change where the resolver only signed anew', () => {
    const theirs = account((_, c) => Object.assign(c, { iat: 9, jti: 'K', iss: 'OTHER' }));
    expect(mergeAccounts(account(), account(), theirs).changedFromTheirs).toBe(false);
  });

  const edit: fc.Arbitrary<Edit> = fc.oneof(
    ...scalars.flatMap(({ base, one, other }) => [base, one, other].map((e) => fc.constant<Edit>(e))),
    ...entries.flatMap(({ add, change }) => [add, change].flatMap((e) => (e ? [fc.constant<Edit>(e)] : []))),
    fc.tuple(fc.constantFrom('UA', 'UB', '*'), fc.nat(9)).map<Edit>(
      ([user, time]) =>
        (d) =>
          d.revocations.set(user, time),
    ),
  );
  const edits = fc.array(edit, { maxLength: 8 });

  it('brings no revoked user back, whatever else happened', () => {
    fc.assert(
      fc.property(edits, edits, edits, fc.boolean(), (b, o, t, known) => {
        const [ours, theirs] = [account(...o), account(...t)];
        const { revocations } = mergeAccounts(known ? account(...b) : null, ours, theirs).merged.nats;
        expect(droppedRevocations(ours.nats.revocations, revocations)).toEqual([]);
        expect(droppedRevocations(theirs.nats.revocations, revocations)).toEqual([]);
      }),
    );
  });

  it('is theirs when only they changed something, and ours when only we did', () => {
    fc.assert(
      fc.property(edits, edits, (b, more) => {
        const base = account(...b);
        const changed = account(...b, ...more);
        const pulled = mergeAccounts(base, account(...b), changed);
        expect(pulled.conflicts).toEqual([]);
        expect(pulled.changedFromTheirs).toBe(
          droppedRevocations(base.nats.revocations, changed.nats.revocations).length > 0,
        );
        const pushed = mergeAccounts(base, changed, account(...b));
        expect(pushed.conflicts).toEqual([]);
        expect(mergeAccounts(base, changed, { ...changed, ...pushed.merged }).changedFromTheirs).toBe(false);
      }),
    );
  });

  it('comes to rest: merging again with the result changes nothing', () => {
    fc.assert(
      fc.property(edits, edits, edits, (b, o, t) => {
        const theirs = account(...t);
        const first = mergeAccounts(account(...b), account(...o), theirs);
        const stored = { ...theirs, ...first.merged };
        const again = mergeAccounts(stored, stored, stored);
        expect(again.conflicts).toEqual([]);
        expect(again.changedFromTheirs).toBe(false);
        expect(mergeAccounts(account(...b), account(...o), theirs)).toEqual(first);
      }),
    );
  });
});
