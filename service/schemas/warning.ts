import { type Static, Type } from 'typebox';
import { named } from './common.js';

export const Warning = Type.Object(
  {
    code: Type.String({ description: 'Stable, for programs' }),
    message: Type.String(),
    path: Type.String({ description: 'JSON pointer into the claims; empty where it is about something outside them' }),
    hint: Type.Optional(Type.String({ description: 'What to do about it' })),
  },
  named('Warning'),
);
export type Warning = Static<typeof Warning>;

export const Warnings = Type.Array(Warning, {
  description: 'What is valid and rarely meant, or does not work yet as somebody may think',
});
