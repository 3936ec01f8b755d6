import { type Static, Type } from 'typebox';
import { type Grant, ROLES } from '../auth/rights.js';
import { closed, Id } from './common.js';

export const Grants = Type.Array(
  Type.Object(
    {
      role: Type.String({ description: ROLES.join(', ') }),
      operator: Type.Optional(Id('Operator key')),
      account: Type.Optional(Id('Account key')),
    },
    closed,
  ),
  { description: 'What the caller may do here' },
);

export function shownGrant({ role, operator, account }: Grant): Static<typeof Grants>[number] {
  return { role, ...(operator && { operator }), ...(account && { account }) };
}
