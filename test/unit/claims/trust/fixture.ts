import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newOperator, newScopedUser, newUser, noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { VerifiedAccount } from '../../../../claims/trust/account.js';
import { verifyAccount } from '../../../../claims/trust/account.js';
import { type TrustedOperators, trustOperators } from '../../../../claims/trust/operators.js';
import type { AccountData, Import, OperatorData, UserData, UserScope } from '../../../../claims/types.js';

/** The time in these tests. */
export const NOW = 1_800_000_000;

export const operator = Seed.generate('operator');
export const operatorSigning = Seed.generate('operator');
export const account = Seed.generate('account');
export const accountSigning = Seed.generate('account');
export const accountScoped = Seed.generate('account');
export const user = Seed.generate('user');
export const stranger = Seed.generate('account');

type Times = { exp?: number; nbf?: number; now?: number };

export async function operators(data: Partial<OperatorData> = {}): Promise<TrustedOperators> {
  const claims = newOperator(operator.publicKey, 'op');
  Object.assign(claims.nats, { signing_keys: [operatorSigning.publicKey], ...data });
  return trustOperators([(await signClaims(claims, seedSigner(operator), { now: NOW })).claims]);
}

export async function accountToken(
  data: Partial<AccountData> = {},
  { by = operator, of = account, exp, nbf, now = NOW }: Times & { by?: Seed; of?: Seed } = {},
): Promise<string> {
  const claims = newAccount(of.publicKey, 'acc');
  Object.assign(claims, { ...(exp !== undefined && { exp }), ...(nbf !== undefined && { nbf }) });
  Object.assign(claims.nats, { signing_keys: new Map([[accountSigning.publicKey, null]]), ...data });
  return (await signClaims(claims, seedSigner(by), { now })).token;
}

export async function verified(
  data: Partial<AccountData> = {},
  o: Times & { by?: Seed; of?: Seed; strict?: boolean } = {},
): Promise<VerifiedAccount> {
  const trusted = await operators({ strict_signing_key_usage: o.strict ?? false });
  const by = o.by ?? (o.strict ? operatorSigning : operator);
  return verifyAccount(await accountToken(data, { ...o, by }), trusted, { now: NOW, allowExpired: true });
}

export async function userToken(
  data: Partial<UserData> = {},
  o: Times & { by?: Seed; name?: string; sub?: string } = {},
): Promise<string> {
  const claims = newUser(o.sub ?? user.publicKey, o.name ?? 'ann');
  Object.assign(claims, { ...(o.exp !== undefined && { exp: o.exp }), ...(o.nbf !== undefined && { nbf: o.nbf }) });
  Object.assign(claims.nats, data);
  return (await signClaims(claims, seedSigner(o.by ?? account), { now: o.now ?? NOW })).token;
}

export async function scopedUserToken(
  data: Partial<UserData> = {},
  o: { name?: string; by?: Seed } = {},
): Promise<string> {
  const claims = newScopedUser(user.publicKey, o.name ?? 'ann', account.publicKey);
  Object.assign(claims.nats, data);
  return (await signClaims(claims, seedSigner(o.by ?? accountScoped), { now: NOW })).token;
}

export function scope(template: Partial<UserScope['template']> = {}): UserScope {
  return {
    kind: 'user_scope',
    key: accountScoped.publicKey,
    role: 'worker',
    template: { ...noLimits(), ...template },
    description: '',
  };
}

export function streamImport(more: Partial<Import> = {}): Import {
  return { subject: 'secret.x', account: account.publicKey, type: 'stream', ...more };
}

export function code(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'accepted';
}
