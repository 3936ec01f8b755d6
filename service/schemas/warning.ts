import { Type } from 'typebox';
import { closed } from './common.js';

/** What is valid and rarely meant (claims/lint). */
export const Warnings = Type.Array(
  Type.Object(
    {
      code: Type.String({ description: 'Stable, for programs' }),
      path: Type.String({ description: 'JSON pointer into the claims' }),
      message: Type.String(),
      hint: Type.String({ description: 'What to do about it' }),
    },
    closed,
  ),
  { description: 'What is valid and rarely meant' },
);
