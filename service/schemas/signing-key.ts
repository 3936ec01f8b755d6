import { type Static, Type } from 'typebox';
import { payloadJson } from '../../claims/jwt/encode.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { HeldKey } from '../custody/custody.js';
import { readStored } from '../store/read-stored.js';
import { closed, Id, named } from './common.js';
import { RemoteKeyReference } from './key.js';

const Held = Type.Union([Type.Literal('local'), Type.Literal('transit'), Type.Null()], {
  description: 'Sealed here, in Transit, or (null) kept by somebody else',
});
const Template = Type.Object(
  {},
  {
    additionalProperties: true,
    description:
      'What users of the role may do, in the form of the JWT: {"pub": {"allow": ["orders.>"]}, "subs": 10, "bearer_token": false}',
  },
);
const RoleFields = {
  role: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Makes it a scoped key' })),
  description: Type.Optional(Type.String({ maxLength: 8_192 })),
  template: Type.Optional(Template),
};
const WantedKey = {
  publicKey: Type.Optional(Id('Of a key kept elsewhere; without it (and remoteKey) the service makes and keeps one')),
  remoteKey: Type.Optional(RemoteKeyReference),
};

export const OperatorSigningKey = Type.Object(
  { publicKey: Id('Signing key'), held: Held },
  named('OperatorSigningKey'),
);
export const AccountSigningKey = Type.Object(
  {
    publicKey: Id('Signing key'),
    held: Held,
    role: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    template: Type.Optional(Template),
  },
  named('AccountSigningKey'),
);

export const NewKey = Type.Object(WantedKey, closed);
export const NewSigningKey = Type.Object({ ...WantedKey, ...RoleFields }, closed);
export const SigningKeyPatch = Type.Object(RoleFields, {
  ...closed,
  description: 'JSON merge patch (RFC 7396) over the role; null inside the template removes',
});

const Users = (description: string) =>
  Type.Array(Type.Object({ publicKey: Id('User key'), name: Type.String() }, closed), { description });
export const RemovedSigningKey = Type.Object(
  { publicKey: Id('Signing key'), lost: Users('Users made here that have no access any more') },
  named('RemovedSigningKey'),
);
export const RotatedSigningKey = Type.Object(
  {
    ...AccountSigningKey.properties,
    replaced: Id('The key that went'),
    reissued: Users('Users issued anew: they connect with the JWT that GET /users/{user} gives now'),
    lost: Users('Users made here that have no access any more'),
  },
  named('RotatedSigningKey'),
);

/** The signing keys of an account as its JWT has them, each with what is held of it. */
export function accountSigningKeys(row: Account, held: HeldKey[]): Static<typeof AccountSigningKey>[] {
  const { claims } = readStored('account', row);
  const where = new Map(held.map((key) => [key.publicKey, key.held]));
  const templates = wireScopes(claims);
  return [...claims.nats.signing_keys].map(([publicKey, scope]) => ({
    publicKey,
    held: where.get(publicKey) ?? null,
    ...(scope && { role: scope.role, description: scope.description, template: templates.get(publicKey) ?? {} }),
  }));
}

function wireScopes(claims: AccountClaims): Map<string, object> {
  const wire = JSON.parse(payloadJson('account', claims)) as {
    nats: { signing_keys?: (string | { key: string; template?: object })[] };
  };
  const scoped = (wire.nats.signing_keys ?? []).filter((one) => typeof one === 'object');
  return new Map(scoped.map(({ key, template = {} }) => [key, template]));
}
