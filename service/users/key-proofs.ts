import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { verifySignature } from '../../claims/keys/verify.js';
import { openChallenges } from '../auth/challenges.js';
import type { ServiceErrorCode } from '../errors.js';

/** That somebody holds the private key of a public key he brings. The service never sees the seed. */
export interface KeyProof {
  challenge: string;
  /** base64url, over the bytes of the challenge's text. */
  signature: string;
}

/** A user key that a caller brings. */
export interface BroughtKey {
  account: string;
  publicKey: string;
}

export interface KeyProofs {
  /** Text to sign with the user key, for this account and no other. */
  challenge(key: BroughtKey): { challenge: string; expires: number };
  /**
   * Takes a proof, once. One that is only tried (`rehearsal`) is not used up.
   *
   * @throws NatsctlError ERR_KEY_PROOF
   */
  check(proof: KeyProof, key: BroughtKey, options: { rehearsal: boolean }): void;
}

export function openKeyProofs(now: () => number): KeyProofs {
  const challenges = openChallenges('natsctl-user-key', now);
  return {
    challenge({ account, publicKey }) {
      return challenges.make(account, decodePublicKey(publicKey, 'user').text);
    },

    check({ challenge, signature }, { account, publicKey }, { rehearsal }) {
      const read = challenges.read(challenge);
      if ('refused' in read) throw proofRefused(read.refused);
      const [forAccount, forKey] = read.words;
      if (forAccount !== account || forKey !== publicKey) throw proofRefused('it is for another key or account');
      if (!verifySignature(publicKey, Buffer.from(challenge), Buffer.from(signature, 'base64url'))) {
        throw proofRefused('the signature is not of that key over the text of the challenge');
      }
      const why = rehearsal ? null : challenges.useUp(challenge);
      if (why !== null) throw proofRefused(why);
    },
  };
}

export function proofRefused(why: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_KEY_PROOF', `the proof of possession is refused: ${why}`, {
    hint: 'ask for a new challenge and sign its whole text with the user key',
  });
}
