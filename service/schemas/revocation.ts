import { Type } from 'typebox';
import { Id, named, UnixSeconds } from './common.js';

export const Announced = Type.Array(
  Type.Object(
    {
      server: Type.String({ description: 'Name of the server, or URLs of the link where none answered' }),
      serverId: Type.String(),
      ok: Type.Boolean(),
      message: Type.String(),
    },
    named('ServerAnswer'),
  ),
  { description: 'What each server answered so far; the announcement goes on until every one has it' },
);

export const RevocationItem = Type.Object(
  { user: Id('User key, or `*`'), revokedAt: UnixSeconds('JWTs issued at or before it are void') },
  named('Revocation'),
);

export const NewRevocation = Type.Object(
  {
    user: Id('User key, or `*` for every user'),
    at: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'JWTs issued at or before it become void (unix seconds); absent = now',
      }),
    ),
  },
  named('NewRevocation'),
);

export const RevocationServer = Type.Object(
  {
    server: Type.String(),
    serverId: Type.String(),
    took: Type.Boolean({ description: 'It has the account JWT that revokes' }),
    message: Type.String(),
    at: UnixSeconds('When it said so'),
    before: Type.Union([Type.Integer(), Type.Null()], { description: 'Connections before; null = not told' }),
    open: Type.Union([Type.Integer(), Type.Null()], { description: 'Still on; null = not told' }),
    kicked: Type.Integer({ description: 'Closed by request; the server closes the others by itself' }),
  },
  named('RevocationServer'),
);

export const Revoked = Type.Object(
  {
    account: Id('Account key'),
    user: Id('User key, or `*`'),
    revokedAt: UnixSeconds('JWTs issued at or before it are void'),
    jti: Type.String({ description: 'Of the account JWT that says so' }),
    known: Type.Boolean({ description: 'Whether this service made the user; others can be revoked as well' }),
    announced: Announced,
    servers: Type.Optional(
      Type.Array(RevocationServer, {
        description: 'Who took it, and how many connections of the user each had and has',
      }),
    ),
  },
  named('Revoked'),
);

export const Restored = Type.Object(
  { account: Id('Account key'), user: Id('User key, or `*`'), jti: Type.String(), announced: Announced },
  named('Restored'),
);
