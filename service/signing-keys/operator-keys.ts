import { signClaims } from '../../claims/jwt/encode.js';
import { validate } from '../../claims/validate/validate.js';
import { refuseInvalid } from '../accounts/sign-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { requireHeld, signerElsewhere } from '../custody/sign-elsewhere.js';
import { keepOperator, keepSigningKey } from '../operators/adopt-operator.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { newKey, signingKeyExists, type WantedKey, wipe } from './signing-key.js';

/** Adds a signing key to the operator's JWT, which its identity key signs: in custody, or elsewhere. */
export async function addOperatorKey(
  service: Service,
  operatorKey: string,
  wanted: WantedKey,
  actor: Actor,
): Promise<string> {
  const { custody, now } = service;
  const key = await newKey(custody, 'operator', wanted);
  const { publicKey } = key;
  try {
    return await change(service, actor, async (tx) => {
      const { claims: before } = await servedOperator(tx, operatorKey);
      if (before.sub === publicKey || before.nats.signing_keys.includes(publicKey)) throw signingKeyExists(publicKey);
      const identity = await custody.signer(tx, before.sub, before.sub);
      const what = `operator ${before.name ?? before.sub}`;
      const signer = identity ?? signerElsewhere(tx, 'operator', what, [before.sub]);
      if (key.made) requireHeld(signer);
      const claims = { ...before, nats: { ...before.nats, signing_keys: [...before.nats.signing_keys, publicKey] } };
      const at = now();
      refuseInvalid(validate({ ...claims, iss: signer.publicKey, iat: at, jti: '' }, at));
      const signed = await signClaims(claims, signer, { now: at, after: before.iat });
      const kept = await keepOperator(service, tx, signed, actor, undefined, 'issued');
      if (key.keep) await keepSigningKey(service, tx, kept, key.keep, actor);
      return publicKey;
    });
  } finally {
    wipe(key);
  }
}
