import { formatCreds } from '../../claims/creds.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import type { Actor } from '../audit/audit.js';
import { isRehearsal } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { CredentialRules } from './credential-policy.js';
import { type BroughtKey, type KeyProof, proofRefused } from './key-proofs.js';

/** The key of a new user, or of one that gets another. */
export interface WantedKey {
  /** Of a key kept elsewhere. Without it the service makes one, gives its creds once and forgets it. */
  publicKey?: string;
  /** That whoever asks holds the key; a policy can require it. */
  proof?: KeyProof;
}

/** A key about to be issued a JWT. */
export interface UserKey {
  readonly publicKey: string;
  /** Made here; or brought, by somebody who proved that he holds it or who did not. */
  readonly origin: 'made' | 'proven' | 'brought';
  /** The .creds text for a JWT of this key, where the service made it; its seed is gone after that. */
  creds(jwt: string): string | undefined;
}

/** Takes a brought key, using its proof up, or makes one. Before the transaction: that may be run twice, a proof holds once. */
export function takeKey(service: Service, account: string, { publicKey, proof }: WantedKey, actor: Actor): UserKey {
  if (publicKey === undefined) {
    if (proof) throw proofRefused('there is no key that it is of');
    return madeKey();
  }
  const key: BroughtKey = {
    account: decodePublicKey(account, 'account').text,
    publicKey: decodePublicKey(publicKey, 'user').text,
  };
  if (proof) service.keyProofs.check(proof, key, { rehearsal: isRehearsal(actor) });
  return { publicKey: key.publicKey, origin: proof ? 'proven' : 'brought', creds: () => undefined };
}

function madeKey(): UserKey {
  const seed = Seed.generate('user');
  return {
    publicKey: seed.publicKey,
    origin: 'made',
    creds(jwt) {
      try {
        return formatCreds(jwt, seed);
      } finally {
        seed.wipe();
      }
    },
  };
}

/** @throws NatsctlError ERR_KEY_PROOF_REQUIRED */
export function refuseUnproven({ requireProof }: CredentialRules, account: string, key: UserKey): void {
  if (!requireProof || key.origin !== 'brought') return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_KEY_PROOF_REQUIRED',
    'the credential policy asks whoever brings a key to prove that he holds it',
    { hint: `POST /api/v1/accounts/${account}/credentials/challenge, and sign the text with the key` },
  );
}
