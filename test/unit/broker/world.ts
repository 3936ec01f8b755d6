import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { signClaims, type Unsigned } from '../../../claims/jwt/encode.js';
import { newAccount, newActivation, newOperator, newScopedUser, newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims, ExportType, UserClaims, UserPermissionLimits } from '../../../claims/types.js';

/** An operator with its accounts, made fresh for a test: real keys, real tokens. */
export interface World {
  readonly operator: Seed;
  /** A signing key of the operator. */
  readonly signing: Seed;
  readonly operatorToken: string;
  readonly system: TestAccount;
  account(name: string, change?: (claims: Unsigned<AccountClaims>) => void): Promise<TestAccount>;
  /** Account tokens in force, for a memory resolver. */
  tokens(): string[];
}

export interface TestUser {
  readonly token: string;
  readonly seed: Seed;
  readonly id: string;
}

export interface TestAccount {
  readonly id: string;
  readonly seed: Seed;
  token: string;
  claims: Unsigned<AccountClaims>;
  /** Changes the claims and signs them anew, later than before. */
  change(change: (claims: Unsigned<AccountClaims>) => void): Promise<string>;
  user(name: string, change?: (claims: Unsigned<UserClaims>) => void): Promise<TestUser>;
  /** A signing key of the account; with a template it is scoped. */
  signingKey(template?: UserPermissionLimits): Promise<Seed>;
  userOf(key: Seed, name: string, scoped: boolean): Promise<TestUser>;
  activation(importer: string, subject: string, kind: ExportType, exp?: number): Promise<string>;
}

export const now = (): number => Math.floor(Date.now() / 1000);

export async function makeWorld(strict = false): Promise<World> {
  const operator = Seed.generate('operator');
  const signing = Seed.generate('operator');
  const accounts: TestAccount[] = [];
  const signer = seedSigner(strict ? signing : operator);

  const account: World['account'] = async (name, change = () => {}) => {
    const seed = Seed.generate('account');
    const claims = newAccount(seed.publicKey, name);
    change(claims);
    let signed = await signClaims(claims, signer, { now: now() });
    const made: TestAccount = {
      id: seed.publicKey,
      seed,
      token: signed.token,
      claims,
      async change(again) {
        again(made.claims);
        const { iss: _iss, iat: _iat, jti: _jti, ...rest } = made.claims;
        signed = await signClaims(rest as Unsigned<AccountClaims>, signer, { now: now(), after: signed.claims.iat });
        made.token = signed.token;
        return made.token;
      },
      async user(userName, changeUser = () => {}) {
        const key = Seed.generate('user');
        const user = newUser(key.publicKey, userName);
        changeUser(user);
        const { token } = await signClaims(user, seedSigner(seed), { now: user.iat ?? now() });
        return { token, seed: key, id: key.publicKey };
      },
      async signingKey(template) {
        const key = Seed.generate('account');
        const scope = template && {
          kind: 'user_scope' as const,
          key: key.publicKey,
          role: 'role',
          template,
          description: '',
        };
        await made.change(({ nats }) => nats.signing_keys.set(key.publicKey, scope ?? null));
        return key;
      },
      async userOf(key, userName, scoped) {
        const userKey = Seed.generate('user');
        const user = scoped
          ? newScopedUser(userKey.publicKey, userName, seed.publicKey)
          : newUser(userKey.publicKey, userName, { issuerAccount: seed.publicKey });
        const { token } = await signClaims(user, seedSigner(key), { now: now() });
        return { token, seed: userKey, id: userKey.publicKey };
      },
      async activation(importer, subject, kind, exp) {
        const claims = newActivation(importer, subject, kind);
        if (exp !== undefined) claims.exp = exp;
        return (await signClaims(claims, seedSigner(seed), { now: now() })).token;
      },
    };
    accounts.push(made);
    return made;
  };

  const system = await account('SYS');
  const claims = newOperator(operator.publicKey, 'test');
  claims.nats.signing_keys.push(signing.publicKey);
  claims.nats.system_account = system.id;
  if (strict) claims.nats.strict_signing_key_usage = true;
  const operatorToken = (await signClaims(claims, seedSigner(operator), { now: now() })).token;
  return { operator, signing, operatorToken, system, account, tokens: () => accounts.map((each) => each.token) };
}

type Starter = (world: World, options: Partial<BrokerOptions>) => Promise<RunningBroker>;

let starter: Starter = (world, options) =>
  startBroker({ port: -1, operators: [world.operatorToken], resolver: { memory: world.tokens() }, ...options });

let ours = true;

/** Has the tests of this file run against another server: test/interop does so with nats-server. */
export function runAgainst(other: Starter): void {
  starter = other;
  ours = false;
}

/** For tests of what we do otherwise, and say so. */
export function isOurs(): boolean {
  return ours;
}

export function brokerOf(world: World, options: Partial<BrokerOptions> = {}): Promise<RunningBroker> {
  return starter(world, options);
}
