import { Type } from 'typebox';
import { closed, Id, named, UnixSeconds } from './common.js';
import { Announced } from './revocation.js';

export const Evacuation = Type.Object(
  {
    keys: Type.Optional(
      Type.Array(Id('Signing key of the account'), {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description: 'Those that are compromised; absent = all in custody, and everyone is revoked whoever signed them',
      }),
    ),
    reissue: Type.Optional(
      Type.Boolean({ description: 'Give users that a rotated key signed a new JWT: their own keys must be safe' }),
    ),
  },
  named('Evacuation'),
);

export const Evacuated = Type.Object(
  {
    account: Id('Account key'),
    jti: Type.String({ description: 'Of the account JWT that says so' }),
    rotated: Type.Array(
      Type.Object({ from: Id('Taken out'), to: Id('In its place'), role: Type.Optional(Type.String()) }, closed),
    ),
    revokedAt: Type.Union([UnixSeconds('JWTs issued at or before it are void'), Type.Null()]),
    reissued: Type.Array(Type.Object({ publicKey: Id('User key'), name: Type.String() }, closed), {
      description: 'GET /api/v1/users/{user} has their new JWT',
    }),
    announced: Announced,
    servers: Type.Array(
      Type.Object(
        {
          server: Type.String(),
          serverId: Type.String(),
          before: Type.Union([Type.Integer(), Type.Null()], {
            description: 'Connections of the account before; null = not told',
          }),
          kicked: Type.Integer({ description: 'Closed by request; the server closes the others by itself' }),
          open: Type.Integer({ description: 'Still on, and should not be' }),
        },
        closed,
      ),
      { description: 'Each server that tells who is connected (nats-server does)' },
    ),
    unasked: Type.Integer({ description: 'Links over which nobody could be asked' }),
  },
  named('Evacuated'),
);
