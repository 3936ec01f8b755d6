/** Making tokens: the payload is written from the typed model only, byte for byte as Go's encoder writes it. */
import { decodePublicKey } from '../keys/nkey.js';
import type { Signer } from '../keys/signer.js';
import type {
  AccountClaims,
  ActivationClaims,
  AnyClaims,
  AuthorizationRequestClaims,
  AuthorizationResponseClaims,
  ClaimKind,
  Decoded,
  GenericClaims,
  OperatorClaims,
  UserClaims,
} from '../types.js';
import { encodeBase64Url } from './base64url.js';
import { checkSubject, decode, HEADER } from './decode.js';
import { jwtError } from './errors.js';
import { computeJti } from './jti.js';
import { KINDS, kindOfType } from './kinds.js';
import type { Field } from './schema.js';

/** Claims before signing: who signs, when and the id are set by signing. */
export type Unsigned<C> = Omit<C, 'iss' | 'iat' | 'jti'> & Partial<Pick<C, Extract<keyof C, 'iss' | 'iat' | 'jti'>>>;

export interface SignOptions {
  /** Unix seconds. */
  now: number;
  /** `iat` of the token this one replaces: the new one is later, so that its id differs and stores see it as newer. */
  after?: number;
}

/**
 * Signs claims, and reads the token back: what is returned is what every reader will see.
 *
 * @throws NatsctlError ERR_KEY_KIND for a signer that cannot sign this kind, ERR_JWT_SUBJECT, ERR_JWT_CLAIMS.
 * @example
 * const { token } = await signClaims(newUser(publicKey, 'ann'), seedSigner(accountSeed), { now });
 */
export function signClaims(
  claims: Unsigned<OperatorClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<OperatorClaims>>;
export function signClaims(
  claims: Unsigned<AccountClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<AccountClaims>>;
export function signClaims(
  claims: Unsigned<UserClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<UserClaims>>;
export function signClaims(
  claims: Unsigned<ActivationClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<ActivationClaims>>;
export function signClaims(
  claims: Unsigned<AuthorizationRequestClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<AuthorizationRequestClaims>>;
export function signClaims(
  claims: Unsigned<AuthorizationResponseClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<AuthorizationResponseClaims>>;
export function signClaims(
  claims: Unsigned<GenericClaims>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<GenericClaims>>;
export function signClaims<C extends AnyClaims>(
  claims: Unsigned<C>,
  signer: Signer,
  options: SignOptions,
): Promise<Decoded<C>>;
export async function signClaims(unsigned: object, signer: Signer, options: SignOptions): Promise<Decoded<never>> {
  const { token } = await signToken(unsigned as Unsigned<AnyClaims>, signer, options);
  return decode(token) as Decoded<never>;
}

/**
 * As `signClaims`, without reading the token back, which takes three quarters of the time: for thousands of tokens by one key
 * that is held here.
 */
export async function signToken<C extends AnyClaims>(
  unsigned: Unsigned<C>,
  signer: Signer,
  { now, after }: SignOptions,
): Promise<{ token: string; claims: C }> {
  const claims = unsigned as unknown as Unsigned<AnyClaims>;
  const kind = kindOfType(claims.nats.type);
  const { signers } = KINDS[kind];
  decodePublicKey(
    signer.publicKey,
    ...(signers.length > 0 ? signers : (['operator', 'account', 'user', 'server', 'cluster'] as const)),
  );
  checkSubject(claims.sub, kind);
  if (claims.sub === '') throw jwtError('ERR_JWT_SUBJECT', 'claims need a subject', undefined, { path: '/sub' });

  const signed = {
    ...claims,
    iss: signer.publicKey,
    iat: after === undefined ? now : Math.max(now, after + 1),
    jti: '',
  } as unknown as AnyClaims;
  signed.jti = computeJti(signed);

  const input = `${HEADER}.${encodeBase64Url(payloadJson(kind, signed))}`;
  const signature = await signer.sign(Buffer.from(input, 'latin1'));
  return { token: `${input}.${encodeBase64Url(signature)}`, claims: signed as C };
}

/** The payload as it stands in the token (always version 2). */
export function payloadJson(kind: ClaimKind, claims: AnyClaims): string {
  return (KINDS[kind].payload as Field<AnyClaims>).write(claims);
}
