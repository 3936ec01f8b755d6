import { type Static, Type } from 'typebox';
import type { HeldKey } from '../custody/custody.js';
import { closed, Id, named, UnixSeconds } from './common.js';

export const RemoteKeyReference = Type.Object(
  {
    provider: Type.Literal('transit'),
    mount: Type.String({ maxLength: 100, description: 'Where the Transit engine is mounted' }),
    name: Type.String({ maxLength: 100 }),
    version: Type.Integer({ minimum: 1, description: 'The version that is the key' }),
  },
  {
    ...named('RemoteKey'),
    description: 'A key in Vault or OpenBao (Transit, ed25519), which signs there; the service holds no seed',
  },
);

export const KeyItem = Type.Object(
  {
    publicKey: Id('Public key'),
    kind: Type.Union([Type.Literal('identity'), Type.Literal('signing')]),
    held: Type.Union([Type.Literal('local'), Type.Literal('transit')], {
      description: 'Sealed here, or in Transit, which signs there',
    }),
    keptAt: UnixSeconds('Taken into custody'),
  },
  named('Key'),
);

/** One of the two, which the operation says in its own words. */
export const GivenKey = Type.Object(
  {
    seed: Type.Optional(Type.String({ maxLength: 128, description: 'To be sealed here; in no answer, log or audit' })),
    remoteKey: Type.Optional(RemoteKeyReference),
  },
  closed,
);

export const KeyExport = Type.Object(
  { recipient: Id('Curve public key (X...) that the seed is sealed to; whoever has its seed opens it') },
  closed,
);

export const ExportedKey = Type.Object(
  {
    publicKey: Id('Public key'),
    recipient: Id('Curve public key'),
    sender: Id('Curve public key made for this answer: open the box with it and your curve seed'),
    sealed: Type.String({ description: 'The seed in an xkv1 box (nkeys `Open`), base64' }),
  },
  named('ExportedKey'),
);

export function keyItem(owner: string, { publicKey, held, keptAt }: HeldKey): Static<typeof KeyItem> {
  return { publicKey, kind: publicKey === owner ? 'identity' : 'signing', held, keptAt };
}
