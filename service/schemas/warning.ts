import { type Static, Type } from 'typebox';
import { closed } from './common.js';

export const Warning = Type.Object(
  {
    code: Type.String({ description: 'Stable, for programs: ERR_...' }),
    message: Type.String(),
    path: Type.String({ description: 'JSON pointer into the claims; empty where it is about something outside them' }),
  },
  closed,
);
export type Warning = Static<typeof Warning>;

export const Warnings = Type.Array(Warning, {
  description: 'What this change makes that works not at all yet, or not as somebody may think',
});
