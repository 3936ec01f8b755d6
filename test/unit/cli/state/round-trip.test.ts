import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadJson } from '../../../../claims/jwt/encode.js';
import type { AccountClaims, OperatorClaims, UserClaims } from '../../../../claims/types.js';
import { safeText } from '../../../../cli/output/safe-text.js';
import { stateOf } from '../../../../cli/state/from-claims.js';
import { makeKeyring } from '../../../../cli/state/keyring.js';
import { planState } from '../../../../cli/state/plan.js';
import { parseState } from '../../../../cli/state/read.js';
import { writeState } from '../../../../cli/state/write.js';
import type { Snapshot } from '../../../../cli/store/snapshot.js';
import { NOW, tempDir } from '../temp.js';
import { makeOperator, operatorRecipe } from './random-operator.js';

type Made = Awaited<ReturnType<typeof makeOperator>>;

function exported(made: Made, withoutKeys = false): string {
  const operator = { name: 'acme', claims: made.operator.jwt.claims };
  return writeState(stateOf(operator, made, { now: NOW, withoutKeys }));
}

describe('a state file of any operator', () => {
  it('says of its own store that nothing differs', async () => {
    const keystore = tempDir();
    await fc.assert(
      fc.asyncProperty(operatorRecipe, async (recipe) => {
        const made = await makeOperator(recipe);
        const text = exported(made);
        // Nothing in it that a terminal would obey.
        expect([...text].filter((one) => one !== '\n' && safeText(one) !== one)).toEqual([]);
        const plan = await planState(parseState(text, 'x'), made, makeKeyring(keystore), { now: NOW });
        expect(plan.changes.map(({ kind, name, differences }) => ({ kind, name, differences }))).toEqual([]);
        expect([plan.mints, plan.leftAlone, plan.problems]).toEqual([[], [], []]);
      }),
      { numRuns: 80 },
    );
  });

  it('makes the same entities in an empty store, with other keys', async () => {
    const keystore = tempDir();
    await fc.assert(
      fc.asyncProperty(operatorRecipe, async (recipe) => {
        const made = await makeOperator(recipe);
        const plan = await planState(parseState(exported(made, true), 'x'), null, makeKeyring(keystore), { now: NOW });
        const created: Snapshot = {
          operator: { name: 'acme', jwt: decoded(plan.operator) },
          accounts: [...plan.accounts.values()].map(({ identified, claims }) => ({
            name: identified.name,
            jwt: decoded(claims as AccountClaims),
            users: identified.users.map(({ name, key }) => {
              const change = plan.changes.find((one) => one.kind === 'user' && one.key === key);
              return { name, jwt: decoded({ ...change?.wanted, iss: change?.signer ?? '' } as UserClaims) };
            }),
          })),
          damaged: [],
        };
        expect(labelled(created)).toEqual(labelled(made));
      }),
      { numRuns: 50 },
    );
  });
});

function decoded<C>(claims: C) {
  return { kind: 'account' as const, claims, token: '', version: 2 as const };
}

/** The payloads with names for keys, without what a copy does not take along: revocations of keys, and activations. */
function labelled({ operator, accounts }: Snapshot): unknown {
  const labels = new Map<string, string>();
  const claims = operator?.jwt.claims as OperatorClaims;
  labels.set(claims.sub, 'operator');
  for (const key of claims.nats.signing_keys) labels.set(key, 'operator signing key');
  for (const { name, jwt, users } of accounts) {
    labels.set(jwt.claims.sub, name);
    const roles = [...jwt.claims.nats.signing_keys.values()].map((scope) => scope?.role);
    for (const [key, scope] of jwt.claims.nats.signing_keys) {
      if (scope === null || (scope.role !== '' && roles.filter((one) => one === scope.role).length === 1)) {
        labels.set(key, `signing key of ${name}: ${scope?.role ?? ''}`);
      }
    }
    for (const user of users) labels.set(user.jwt.claims.sub, `${name}/${user.name}`);
    const { xkey } = jwt.claims.nats.authorization;
    if (xkey) labels.set(xkey, `xkey of ${name}`);
  }
  const named = (json: string) =>
    JSON.parse(json.replace(/[OAUX][A-Z2-7]{55}/g, (key) => JSON.stringify(labels.get(key) ?? key).slice(1, -1)));
  const plain = (payload: object) => ({ ...payload, iat: 0, jti: '', iss: '' });
  return {
    operator: plain(named(payloadJson('operator', claims))),
    accounts: accounts.toSorted(byName).map(({ name, jwt, users }) => {
      const payload = plain(named(payloadJson('account', jwt.claims)));
      const nats = (payload as unknown as { nats: Record<string, unknown[] & Record<string, unknown>> }).nats;
      const everyone = (nats.revocations as Record<string, unknown> | undefined)?.['*'];
      return {
        name,
        payload: {
          ...payload,
          nats: {
            ...nats,
            revocations: everyone,
            signing_keys: nats.signing_keys?.map((one) => JSON.stringify(one)).sort(),
            imports: nats.imports?.map((one) => JSON.stringify({ ...(one as object), token: undefined })).sort(),
            // The same text for the same times, whatever the order of keys.
            exports: nats.exports?.map((one) => JSON.stringify(sorted(one))).sort(),
          },
        },
        users: users.toSorted(byName).map((user) => {
          const { nats, ...rest } = plain(named(payloadJson('user', user.jwt.claims))) as unknown as Record<
            string,
            object
          >;
          // Says which key signed, which is the copy's own choice.
          return { ...rest, nats: { ...nats, issuer_account: undefined } };
        }),
      };
    }),
  };
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
