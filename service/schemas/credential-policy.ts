import { Type } from 'typebox';
import { named } from './common.js';

/** A year: what shall live longer needs no bound. */
const MAX_TTL = 31_536_000;
const Ttl = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: MAX_TTL }), Type.Null()], { description });

export const CredentialPolicy = Type.Object(
  {
    maxTtl: Ttl('Seconds that a user JWT lives at most, counted from its issue; null = no bound'),
    defaultTtl: Ttl('Seconds that one lives where nothing is said; null = without end, credentials an hour'),
    requireProof: Type.Boolean({ description: 'Whoever brings a public key proves that he holds the private one' }),
    allowBearer: Type.Boolean({ description: 'Users that need no key to connect' }),
  },
  named('CredentialPolicy'),
);
