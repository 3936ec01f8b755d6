import path from 'node:path';
import { decodePublicKey, isPublicKey, type KeyKind } from '../claims/keys/nkey.js';
import { Seed } from '../claims/keys/seed.js';
import { type Signer, seedSigner } from '../claims/keys/signer.js';
import { accountSigners } from '../claims/trust/operators.js';
import type { AccountClaims, OperatorClaims, UserScope } from '../claims/types.js';
import { cliError } from './errors.js';
import { parsePlainSeed } from './sealed/seed-text.js';
import { readTextFile } from './store/atomic.js';
import { findSeed, readSeed } from './store/keystore.js';
import type { Workspace } from './workspace.js';

/**
 * Who signs. Given with `--private-key`: a role, a public key, a seed or a file. Otherwise the key that
 * signed the token before, then the signing keys, then the identity key, which so can stay away from where the daily work is done
 * (nsc takes the identity key first). Where the operator is strict, identity keys sign nothing but the operator.
 */
export interface SignerChoice {
  /** The value of `--private-key`. */
  key?: string | undefined;
  /** Issuer of the token that is being replaced. */
  previous?: string | undefined;
  /** The account that is to be signed: under a managed operator, whose keys are elsewhere, it signs for itself. */
  own?: OwnAccount | undefined;
}

export interface OwnAccount {
  claims: Pick<AccountClaims, 'sub' | 'nats'>;
  /** Its identity, where that is not in the keystore yet. */
  seed?: Seed | undefined;
}

/** A signer of account JWTs. */
export async function operatorSigner(
  workspace: Workspace,
  operator: OperatorClaims,
  choice: SignerChoice = {},
): Promise<Signer> {
  const strict = operator.nats.strict_signing_key_usage === true;
  const allowed = accountSigners(operator);
  const name = `operator ${workspace.store.name}`;
  const own = workspace.store.managed ? choice.own : undefined;
  const ownKeys = own ? selfSigningKeys(own.claims) : [];
  if (choice.key !== undefined) {
    const seed = await resolveSeed(workspace, choice.key, own ? ['operator', 'account'] : ['operator']);
    mustBeAllowed(seed.publicKey, [...allowed, ...ownKeys], name, strict && seed.publicKey === operator.sub);
    return seedSigner(seed);
  }
  const seed = await firstHeld(workspace, preferring(choice.previous, allowed));
  if (seed) return seedSigner(seed);
  if (own) {
    const ownSeed = own.seed ?? (await firstHeld(workspace, ownKeys));
    if (ownSeed) return seedSigner(ownSeed);
  }
  if (workspace.store.managed) {
    throw cliError('ERR_OPERATOR_MANAGED', `${name} is managed: its keys are kept by whoever runs it`, {
      hint: own
        ? `ask them to sign the account, or import one of its own keys: ${ownKeys.join(', ')}`
        : 'ask them to sign the account',
      details: { operator: workspace.store.name },
    });
  }
  throw missing(name, allowed, strict, workspace.keystore);
}

/** The keys that may sign the account itself, to be handed over: those of roles sign users only. */
function selfSigningKeys({ sub, nats }: OwnAccount['claims']): string[] {
  return [sub, ...[...nats.signing_keys].filter(([, scope]) => scope === null).map(([key]) => key)];
}

/** A signer of the operator's own JWT: its identity key or one of its signing keys. */
export async function operatorSelfSigner(
  workspace: Workspace,
  operator: Pick<OperatorClaims, 'sub' | 'nats'>,
  choice: SignerChoice = {},
): Promise<Signer> {
  const allowed = [operator.sub, ...operator.nats.signing_keys];
  const name = `operator ${workspace.store.name}`;
  if (choice.key !== undefined) {
    const seed = await resolveSeed(workspace, choice.key, ['operator']);
    mustBeAllowed(seed.publicKey, allowed, name, false);
    return seedSigner(seed);
  }
  const seed = await firstHeld(workspace, preferring(choice.previous, allowed));
  if (seed) return seedSigner(seed);
  throw missing(name, allowed, false, workspace.keystore);
}

export interface AccountSigner {
  signer: Signer;
  /** Of a scoped signing key: then the template says what the user may do, and its JWT says nothing. */
  scope: UserScope | null;
}

/** A signer of user JWTs of this account. */
export async function accountSigner(
  workspace: Workspace,
  account: AccountClaims,
  options: SignerChoice & { strict: boolean },
): Promise<AccountSigner> {
  const keys = account.nats.signing_keys;
  const name = `account ${account.name ?? account.sub}`;
  const identity = options.strict ? [] : [account.sub];
  const allowed = [...keys.keys(), ...identity];
  const found = (seed: Seed): AccountSigner => ({
    signer: seedSigner(seed),
    scope: keys.get(seed.publicKey) ?? null,
  });

  if (options.key !== undefined) {
    const ofRole = [...keys].filter(([, scope]) => scope?.role === options.key).map(([key]) => key);
    if (ofRole.length > 0) {
      const seed = await firstHeld(workspace, ofRole);
      return found(seed ?? (await readSeed(workspace.keystore, ofRole[0] as string, `role ${options.key} of ${name}`)));
    }
    const seed = await resolveSeed(workspace, options.key, ['account'], [...keys.values()]);
    mustBeAllowed(seed.publicKey, allowed, name, options.strict && seed.publicKey === account.sub);
    return found(seed);
  }
  const unscoped = allowed.filter((key) => !keys.get(key));
  const seed = await firstHeld(workspace, preferring(options.previous, unscoped));
  if (seed) return found(seed);
  throw missing(name, unscoped, options.strict, workspace.keystore, rolesOf([...keys.values()]));
}

/**
 * A user whose key was taken out of the account is shut out. Signing it again with another key would let it in, and one of a
 * role would get all that the role did not give: only where a key is named for it.
 */
export function refuseLostSigner(account: AccountClaims, user: string, issuer: string, key: string | undefined): void {
  if (key !== undefined || issuer === account.sub || account.nats.signing_keys.has(issuer)) return;
  const owner = `account ${account.name ?? account.sub}`;
  throw cliError(
    'ERR_SIGNER_UNTRUSTED',
    `the user ${user} is signed by ${issuer}, which is no key of ${owner} any more`,
    {
      hint: 'name the key or role to sign it with: --private-key',
      details: { key: issuer, user },
    },
  );
}

/** A seed given as a public key of the keystore, as itself, or as a file. */
export async function resolveSeed(
  workspace: Workspace,
  value: string,
  kinds: KeyKind[],
  scopes: (UserScope | null)[] = [],
): Promise<Seed> {
  if (isPublicKey(value)) {
    decodePublicKey(value, ...kinds);
    return readSeed(workspace.keystore, value, 'the signer');
  }
  const seed = /^S[OAUNCX][A-Z2-7]{56}$/.test(value) ? Seed.parse(value) : await seedOfFile(value);
  if (seed === null) {
    throw cliError('ERR_SIGNER_MISSING', 'what --private-key names is no role, public key, seed or file', {
      hint: scopes.some(Boolean) ? `roles of this account: ${rolesOf(scopes).join(', ')}` : 'see `--help`',
    });
  }
  decodePublicKey(seed.publicKey, ...kinds);
  return seed;
}

/**
 * A key to be taken into claims: made here, or given as a public key (then there is no seed of it), a seed, or a file with one.
 *
 * @param value undefined or `generate` to make one
 */
export async function givenKey(
  value: string | undefined,
  kind: 'operator' | 'account' | 'user' | 'curve',
): Promise<{ publicKey: string; seed: Seed | null }> {
  if (value === undefined || value === 'generate') {
    const seed = Seed.generate(kind);
    return { publicKey: seed.publicKey, seed };
  }
  if (isPublicKey(value)) return { publicKey: decodePublicKey(value, kind).text, seed: null };
  const seed = /^S[OAUNCX][A-Z2-7]{56}$/.test(value) ? Seed.parse(value) : await seedOfFile(value);
  if (seed === null) {
    throw cliError('ERR_SIGNER_MISSING', 'what is given as the key is no public key, seed or file', {
      hint: 'leave it out to have one made',
    });
  }
  decodePublicKey(seed.publicKey, kind);
  return { publicKey: seed.publicKey, seed };
}

/** As `givenKey`, where the seed is needed: that of a public key is looked up in the keystore. */
export async function givenSeed(
  keystore: string,
  value: string | undefined,
  kind: 'operator' | 'account' | 'user' | 'curve',
): Promise<Seed> {
  const { publicKey, seed } = await givenKey(value, kind);
  return seed ?? readSeed(keystore, publicKey, 'the key that is named');
}

async function seedOfFile(file: string): Promise<Seed | null> {
  const text = await readTextFile(path.resolve(file));
  return text === null ? null : parsePlainSeed(text.trim());
}

function preferring(previous: string | undefined, allowed: string[]): string[] {
  return previous !== undefined && allowed.includes(previous)
    ? [previous, ...allowed.filter((key) => key !== previous)]
    : allowed;
}

async function firstHeld(workspace: Workspace, keys: string[]): Promise<Seed | null> {
  for (const key of keys) {
    const seed = await findSeed(workspace.keystore, key);
    if (seed) return seed;
  }
  return null;
}

function mustBeAllowed(key: string, allowed: string[], owner: string, strictIdentity: boolean): void {
  if (allowed.includes(key)) return;
  throw cliError(
    'ERR_SIGNER_UNTRUSTED',
    strictIdentity
      ? `${key} is the identity key of ${owner}, and the operator requires signing keys`
      : `${key} is no key of ${owner}`,
    { hint: `its keys: ${allowed.join(', ') || 'none'}`, details: { key, allowed } },
  );
}

function missing(owner: string, allowed: string[], strict: boolean, keystore: string, roles: string[] = []): Error {
  const reason =
    allowed.length === 0
      ? `${owner} has no ${strict ? 'signing ' : ''}key that may sign${strict ? '; the operator requires signing keys' : ''}`
      : `no private key of ${owner} is in the keystore ${keystore}`;
  return cliError('ERR_SIGNER_MISSING', reason, {
    hint:
      roles.length > 0
        ? `sign with a role: --private-key ${roles.join(' | ')}`
        : `name a key with --private-key${allowed.length > 0 ? `, or import one of: ${allowed.join(', ')}` : ''}`,
    details: { allowed, keystore },
  });
}

function rolesOf(scopes: (UserScope | null)[]): string[] {
  return [...new Set(scopes.flatMap((scope) => (scope?.role ? [scope.role] : [])))];
}
