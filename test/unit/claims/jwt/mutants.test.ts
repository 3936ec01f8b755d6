import { describe, expect, it } from 'vitest';
import { isNatsctlError } from '../../../../claims/errors.js';
import { decode, decodeAs } from '../../../../claims/jwt/decode.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { verifyAccount } from '../../../../claims/trust/account.js';
import { trustOperators } from '../../../../claims/trust/operators.js';
import { accountOfUser, verifyUser } from '../../../../claims/trust/user.js';
import type { AccountClaims, AnyClaims, Decoded, OperatorClaims, UserClaims } from '../../../../claims/types.js';
import { validate } from '../../../../claims/validate/validate.js';
import { rawToken, rawV1Token } from './raw.js';
import { payloadOf, testSeed, type Vector, vectors } from './vectors.js';

/**
 * CVE-2020-26521: validly signed tokens in shapes that no tool makes. Each field of rich tokens of every kind in turn becomes each of
 * these, or goes away; the outcome is one of our errors or accepted claims, and everything after it works too.
 */
const REPLACEMENTS: unknown[] = [
  [],
  {},
  '',
  0,
  -1,
  1.5,
  true,
  'x',
  [null],
  [0],
  [{}],
  [[]],
  { a: null },
  { a: [null] },
  1e300,
];
const GONE = Symbol('gone');

type Path = (string | number)[];

function* paths(value: unknown, at: Path = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield* paths((value as Record<string | number, unknown>)[key], [...at, key]);
  }
}

function mutant(tree: unknown, path: Path, replacement: unknown): string {
  const copy: unknown = structuredClone(tree);
  let parent = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (replacement === GONE) delete parent[last];
  else parent[last] = replacement;
  return JSON.stringify(copy);
}

const trusted = trustOperators([
  decodeAs('operator', (vectors.find((v) => v.name === 'operator: by its signing key') as Vector).token)
    .claims as OperatorClaims,
]);
const home = verifyAccount((vectors.find((v) => v.name === 'account: as new') as Vector).token, trusted, { now: 0 });

let used = 0;

/** What a server or tool does with a token that decodes. */
async function use(decoded: Decoded, vector: Vector): Promise<void> {
  validate(decoded.claims, 0);
  if (decoded.kind === 'account')
    expectOurs(() => verifyAccount(decoded as Decoded<AccountClaims>, trusted, { now: 0 }));
  if (decoded.kind === 'user') {
    accountOfUser(decoded as Decoded<UserClaims>);
    expectOurs(() => verifyUser(decoded as Decoded<UserClaims>, home, { now: 0 }));
  }
  if (decoded.kind === 'operator') expectOurs(() => trustOperators([decoded.claims as OperatorClaims]));
  // Signing is the slow part, and the same code for all.
  if (used++ % 5 !== 0) return;
  try {
    const again = await signClaims<AnyClaims>(decoded.claims, seedSigner(testSeed(vector.signer)), { now: 1 });
    expect(decode(again.token).claims).toEqual(again.claims);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
  }
}

function expectOurs(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
  }
}

async function outcome(payload: string, vector: Vector): Promise<string> {
  const seed = testSeed(vector.signer);
  const token = vector.version === 1 ? rawV1Token(payload, seed) : rawToken(payload, seed);
  let decoded: Decoded;
  try {
    decoded = decode(token, { allowV1: vector.version === 1 });
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return error.code;
  }
  await use(decoded, vector);
  return 'accepted';
}

describe('a token with one field changed', () => {
  const rich = vectors.filter((v) => /everything|tiers|scoped|v1|response: token|signed by user/.test(v.name));

  it.each(rich)('$name: is refused by an error of ours, or is read and used', async (vector) => {
    const tree: unknown = JSON.parse(payloadOf(vector.token));
    const seen = new Map<string, number>();
    let turn = 0;
    for (const path of paths(tree)) {
      // Null and absence for each field, of the others three in turn: a field has many like it.
      const others = [0, 1, 2].map(() => REPLACEMENTS[turn++ % REPLACEMENTS.length]);
      for (const replacement of [GONE, null, ...others]) {
        const found = await outcome(mutant(tree, path, replacement), vector);
        seen.set(found, (seen.get(found) ?? 0) + 1);
      }
    }
    // Both happen, or the test tests nothing.
    expect(seen.get('accepted') ?? 0).toBeGreaterThan(0);
    expect([...seen.keys()].filter((code) => code !== 'accepted').length).toBeGreaterThan(0);
  });
});

describe('fields of the wrong type', () => {
  const account = vectors.find((v) => v.name === 'account: everything') as Vector;
  const user = vectors.find((v) => v.name === 'user: everything') as Vector;
  const set = (vector: Vector, path: Path, value: unknown) =>
    outcome(mutant(JSON.parse(payloadOf(vector.token)), path, value), vector);

  it.each<[Path, unknown, string]>([
    [['nats', 'imports'], null, 'accepted'],
    [['nats', 'imports'], [null], 'ERR_JWT_CLAIMS'],
    [['nats', 'exports'], [null], 'ERR_JWT_CLAIMS'],
    [['nats', 'exports'], {}, 'ERR_JWT_CLAIMS'],
    [['nats', 'signing_keys'], null, 'accepted'],
    [['nats', 'signing_keys'], [null], 'ERR_JWT_CLAIMS'],
    [['nats', 'signing_keys'], [7], 'ERR_JWT_CLAIMS'],
    [['nats', 'signing_keys'], [{ kind: 'other', key: 'x' }], 'ERR_JWT_CLAIMS'],
    [['nats', 'mappings'], { a: null }, 'accepted'],
    [['nats', 'mappings'], { a: [null] }, 'ERR_JWT_CLAIMS'],
    [['nats', 'mappings'], { a: [{ subject: 'b', weight: 256 }] }, 'ERR_JWT_CLAIMS'],
    [['nats', 'limits'], null, 'accepted'],
    [['nats', 'limits'], [], 'ERR_JWT_CLAIMS'],
    [['nats', 'revocations'], { U: null }, 'ERR_JWT_CLAIMS'],
    [['nats', 'revocations'], { U: '1' }, 'ERR_JWT_CLAIMS'],
    [['nats', 'default_permissions'], null, 'accepted'],
    [['nats', 'exports', 0, 'type'], 'Stream', 'ERR_JWT_CLAIMS'],
    [['nats', 'exports', 0, 'type'], null, 'ERR_JWT_CLAIMS'],
    [['nats', 'tags'], 'x', 'ERR_JWT_CLAIMS'],
    [['nats'], null, 'ERR_JWT_VERSION'],
  ])('of an account: %j = %j is %s', async (path, value, expected) =>
    expect(await set(account, path, value)).toBe(expected),
  );

  it.each<[Path, unknown, string]>([
    [['nats', 'pub'], null, 'accepted'],
    [['nats', 'pub'], [], 'ERR_JWT_CLAIMS'],
    [['nats', 'resp'], null, 'accepted'],
    [['nats', 'resp'], {}, 'accepted'],
    [['nats', 'times'], [null], 'ERR_JWT_CLAIMS'],
    [['nats', 'src'], 7, 'ERR_JWT_CLAIMS'],
    [['nats', 'src'], [7], 'ERR_JWT_CLAIMS'],
    [['nats', 'bearer_token'], 'true', 'ERR_JWT_CLAIMS'],
    [['nats', 'bearer_token'], 1, 'ERR_JWT_CLAIMS'],
    [['nats', 'subs'], '1', 'ERR_JWT_CLAIMS'],
    [['nats', 'allowed_connection_types'], 'STANDARD', 'ERR_JWT_CLAIMS'],
  ])('of a user: %j = %j is %s', async (path, value, expected) => expect(await set(user, path, value)).toBe(expected));
});
