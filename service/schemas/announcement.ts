import { type Static, Type } from 'typebox';
import type { Announcement, Deletion } from '../../prisma/generated/client.js';
import { Id, named, UnixSeconds } from './common.js';
import { Announced } from './revocation.js';

/** A filter of lists of announcements. */
export const AnnouncementState = Type.Optional(
  Type.Union([Type.Literal('pending'), Type.Literal('acked')], {
    description: 'Whether some server has still to confirm it, or all have',
  }),
);

export const AnnouncementItem = Type.Object(
  {
    link: Id('Link id'),
    account: Id('Account key'),
    kind: Type.Union([Type.Literal('update'), Type.Literal('deletion')]),
    jti: Type.Optional(Type.String({ description: 'Of the JWT announced' })),
    state: Type.String({ description: 'pending: some server has not confirmed it; acked: all have' }),
    attempts: Type.Integer(),
    updatedAt: UnixSeconds('Last attempt'),
    answers: Announced,
  },
  named('Announcement'),
);

export function announcementItem(row: Announcement | Deletion): Static<typeof AnnouncementItem> {
  return {
    link: row.linkId,
    account: row.accountKey,
    ...('jti' in row ? { kind: 'update', jti: row.jti } : { kind: 'deletion' }),
    state: row.state,
    attempts: row.attempts,
    updatedAt: Number(row.updatedAt),
    answers: JSON.parse(row.answers),
  };
}
