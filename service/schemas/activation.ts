import { type Static, Type } from 'typebox';
import type { ActivationRequest } from '../../prisma/generated/client.js';
import { statusOf } from '../activations/requests.js';
import { closed, Id, named, Page, UnixSeconds } from './common.js';
import { Announced } from './revocation.js';
import { ShareType, Subject } from './sharing.js';

const Status = Type.Union(
  [
    Type.Literal('pending'),
    Type.Literal('approved'),
    Type.Literal('rejected'),
    Type.Literal('revoked'),
    Type.Literal('expired'),
  ],
  { description: 'pending, approved, rejected, revoked, or expired: approved, and its token has ended' },
);
const Note = Type.String({ maxLength: 1_024, description: 'For whoever decides' });

export const NewActivationRequest = Type.Object(
  {
    exporter: Id('Account that exports it'),
    type: ShareType,
    subject: Subject('What is to be imported: all of the export, or a part of it'),
    note: Type.Optional(Note),
    attach: Type.Optional(
      Type.Boolean({ description: 'Once it is approved, the service puts the token into the import, or makes that' }),
    ),
    local_subject: Type.Optional(Subject('With `attach`: what a new import is called here')),
  },
  named('NewActivationRequest'),
);

export const RequestQuery = Type.Object(
  {
    ...Page.properties,
    status: Type.Optional(Status),
    role: Type.Optional(
      Type.Union([Type.Literal('importer'), Type.Literal('exporter')], {
        description: 'Only requests that the account made (importer), or that were made to it (exporter)',
      }),
    ),
  },
  closed,
);

export const ActivationRequestItem = Type.Object(
  {
    id: Type.String(),
    status: Status,
    importer: Id('Account key'),
    exporter: Id('Account key'),
    type: ShareType,
    subject: Type.String(),
    note: Type.String(),
    attach: Type.Boolean(),
    reason: Type.Optional(Type.String({ description: 'Of a rejection' })),
    requestedAt: UnixSeconds('Requested'),
    decidedAt: Type.Optional(UnixSeconds('Approved, rejected or renewed')),
    renew: Type.Boolean({ description: 'The service renews it by itself, where it is run with --renew-activations' }),
    lifetime: Type.Optional(Type.Integer({ description: 'Seconds that each token lasts' })),
    expires: Type.Optional(UnixSeconds('End of the token')),
    revokedAt: Type.Optional(UnixSeconds('Tokens issued at or before it are void')),
    token: Type.Optional(Type.String({ description: 'Activation JWT' })),
  },
  named('ActivationRequest'),
);

export const Approved = Type.Object(
  {
    ...ActivationRequestItem.properties,
    attached: Type.Optional(
      Type.Boolean({ description: 'Where the importer asked for it: its import has the token now' }),
    ),
    notAttached: Type.Optional(Type.String({ description: 'Code of what was in the way' })),
  },
  named('ApprovedActivationRequest'),
);

const Lifetime = Type.Integer({
  minimum: 60,
  maximum: 315_576_000,
  description: "Seconds that a token lasts; never longer than the exporting account's own JWT",
});
export const Terms = Type.Object(
  {
    lifetime: Type.Optional(Lifetime),
    renew: Type.Optional(Type.Boolean({ description: 'Renewed by the service before it ends' })),
  },
  closed,
);
export const Renewal = Type.Object({ lifetime: Type.Optional(Lifetime) }, closed);
export const Rejection = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 1_024, description: 'Told to the importer' })) },
  closed,
);

export const RevokedActivations = Type.Object(
  {
    account: Id('Exporting account'),
    export: Type.Union([Type.String(), Type.Null()], { description: 'Its id; null where it is gone already' }),
    importer: Id('Importing account, or `*`'),
    revokedAt: UnixSeconds('Activations issued at or before it are void'),
    jti: Type.String({ description: 'Of the account JWT that says so' }),
    announced: Announced,
  },
  named('RevokedActivations'),
);

export const RestoredActivations = Type.Object(
  {
    account: Id('Exporting account'),
    export: Type.String(),
    importer: Id('Importing account, or `*`'),
    jti: Type.String(),
    announced: Announced,
  },
  named('RestoredActivations'),
);

export function activationRequestItem(row: ActivationRequest, now: number): Static<typeof ActivationRequestItem> {
  const { lifetime, exp, revokedAt, decidedAt, jwt } = row;
  const status = statusOf(row, now);
  return {
    id: row.id,
    status,
    importer: row.importerKey,
    exporter: row.exporterKey,
    type: row.type as 'stream' | 'service',
    subject: row.subject,
    note: row.note,
    attach: row.attach,
    ...(row.reason !== '' && { reason: row.reason }),
    requestedAt: Number(row.requestedAt),
    ...(decidedAt !== null && { decidedAt: Number(decidedAt) }),
    renew: row.renew,
    ...(lifetime !== null && { lifetime: Number(lifetime) }),
    ...(exp !== null && { expires: Number(exp) }),
    ...(revokedAt !== null && { revokedAt: Number(revokedAt) }),
    ...(jwt !== null && status === 'approved' && { token: jwt }),
  };
}
