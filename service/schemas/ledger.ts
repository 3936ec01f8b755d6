import { type Static, Type } from 'typebox';
import { EXPIRING_KINDS } from '../ledger/expirations.js';
import type { ListedJwt } from '../ledger/list-issued.js';
import type { Reacher } from '../ledger/reachers.js';
import { LEDGER_KINDS, type LedgerKind, ORIGINS } from '../ledger/record-issued.js';
import { REASONS, STATUSES } from '../ledger/standing.js';
import { KEPT_BECAUSE } from '../revocations/prove-expired.js';
import { closed, Id, named, UnixSeconds } from './common.js';
import { Announced } from './revocation.js';

const oneOf = <T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>(Type.Enum([...values], { description }));

export const Kind = oneOf(LEDGER_KINDS, 'What the JWT is of');
export const ExpiringKind = oneOf(EXPIRING_KINDS, 'What ends');
export const Status = oneOf(
  STATUSES,
  'Now, by the account JWT in force. `superseded`: there is a newer one; `admitted` says whether servers still take this one',
);

export const LedgerItem = Type.Object(
  {
    number: Type.Integer({ description: 'Of the entry' }),
    kind: Kind,
    subject: Id('Public key; of an activation: the importer'),
    name: Type.String(),
    jti: Type.String(),
    operator: Id('Operator key'),
    account: Type.Optional(Id('Account key: itself, that of the user, or the exporter')),
    issuer: Id('Key that signed it'),
    issuedAt: UnixSeconds('Issue'),
    notBefore: Type.Optional(UnixSeconds('Not valid before')),
    expires: Type.Optional(UnixSeconds('End; absent = never')),
    origin: oneOf(ORIGINS, 'Signed here; signed elsewhere and pushed; here before there was a ledger'),
    recordedAt: UnixSeconds('Entry'),
    supersededAt: Type.Optional(UnixSeconds('When a newer one came')),
    status: Status,
    reason: Type.Optional(oneOf(REASONS, 'Why it has this status')),
    admitted: Type.Boolean({ description: 'Whether servers let it in now' }),
    claims: Type.Optional(
      Type.Object({}, { additionalProperties: true, description: 'Of users and activations; the token is not kept' }),
    ),
    issuedBy: Type.Optional(Type.String({ description: 'Who had it issued; for those who may read the audit' })),
    requestId: Type.Optional(Type.String({ description: 'Likewise' })),
  },
  named('LedgerEntry'),
);

export const ReacherItem = Type.Object(
  {
    user: Id('User key'),
    name: Type.String(),
    account: Id('Account key: the one asked about, or one that imports from it'),
    jti: Type.String(),
    issuer: Id('Key that signed it'),
    issuedAt: UnixSeconds('Issue'),
    expires: Type.Optional(UnixSeconds('End')),
    superseded: Type.Boolean({ description: 'The user has a newer JWT, and this one is let in all the same' }),
    subject: Type.String({ description: 'What the user publishes or subscribes to, by the import where there is one' }),
    reach: oneOf(['all', 'some'], 'Whether the user can reach all of the subject'),
    permissions: Type.Array(Type.String(), {
      description: 'Allow entries that give it; none = nothing is listed, so all is allowed that is not denied',
    }),
  },
  named('Reacher'),
);

export const ExpiringItem = Type.Object(
  {
    kind: ExpiringKind,
    id: Id('Public key, or the id of an access token'),
    name: Type.String(),
    operator: Type.Union([Type.String(), Type.Null()], { description: 'Operator key' }),
    account: Type.Union([Type.String(), Type.Null()], { description: 'Account key' }),
    jti: Type.Union([Type.String(), Type.Null()], { description: 'Null for an access token' }),
    expires: UnixSeconds('End'),
  },
  named('Expiration'),
);

export const PrunedRevocations = Type.Object(
  {
    account: Id('Account key'),
    jti: Type.String({ description: 'Of the account JWT; that of before where nothing went' }),
    pruned: Type.Array(Type.Object({ user: Id('User key, or `*`'), revokedAt: UnixSeconds('Revocation') }, closed)),
    kept: Type.Array(
      Type.Object(
        {
          user: Id('User key, or `*`'),
          revokedAt: UnixSeconds('Revocation'),
          reason: oneOf(KEPT_BECAUSE, 'Why nothing proves that it can go'),
        },
        closed,
      ),
    ),
    announced: Announced,
  },
  named('PrunedRevocations'),
);

/** @param audited whether the caller may read of who did what */
export function ledgerItem({ row, standing }: ListedJwt, audited: boolean): Static<typeof LedgerItem> {
  const { nbf, exp, supersededAt, claims, issuedBy, requestId, accountKey } = row;
  return {
    number: row.seq,
    kind: row.kind as LedgerKind,
    subject: row.subject,
    name: row.name,
    jti: row.jti,
    operator: row.operatorKey,
    ...(accountKey !== null && { account: accountKey }),
    issuer: row.issuer,
    issuedAt: Number(row.iat),
    ...(nbf !== null && { notBefore: Number(nbf) }),
    ...(exp !== null && { expires: Number(exp) }),
    origin: row.origin as (typeof ORIGINS)[number],
    recordedAt: Number(row.recordedAt),
    ...(supersededAt !== null && { supersededAt: Number(supersededAt) }),
    ...standing,
    ...(claims !== null && { claims: JSON.parse(claims) as Record<string, unknown> }),
    ...(audited && issuedBy !== null && { issuedBy }),
    ...(audited && requestId !== null && { requestId }),
  };
}

export function reacherItem({ row, account, subject, all, entries }: Reacher): Static<typeof ReacherItem> {
  return {
    user: row.subject,
    name: row.name,
    account,
    jti: row.jti,
    issuer: row.issuer,
    issuedAt: Number(row.iat),
    ...(row.exp !== null && { expires: Number(row.exp) }),
    superseded: row.supersededAt !== null,
    subject,
    reach: all ? 'all' : 'some',
    permissions: entries,
  };
}
