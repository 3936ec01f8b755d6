/**
 * Texts to sign, by which somebody proves that he holds a key. They are not kept, they are recognised: each ends in an HMAC of
 * this run of the service over all that stands before it. Each is answered once, within a minute.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Challenges {
  /** A text over these words, which hold no space. */
  make(...words: string[]): { challenge: string; expires: number };
  /** The words of a text of ours that is still in time; else why it is none. */
  read(challenge: string): { words: string[] } | { refused: string };
  /** Why it cannot be used (up); null where it now is. */
  useUp(challenge: string): string | null;
}

const SECONDS = 60;
/** Answered and not yet out of time; more than these at once are refused, not forgotten. */
const MAX_ANSWERED = 100_000;

/** `prefix` says what the text is for: a signature given for one purpose is worth nothing for another. */
export function openChallenges(prefix: string, now: () => number): Challenges {
  const key = randomBytes(32);
  const answered = new Map<string, number>();
  const proofOf = (text: string) => createHmac('sha256', key).update(text).digest();

  return {
    make(...words) {
      const expires = now() + SECONDS;
      const text = [prefix, ...words, expires, randomBytes(16).toString('base64url')].join(' ');
      return { challenge: `${text} ${proofOf(text).toString('base64url')}`, expires };
    },

    read(challenge) {
      const text = signedPart(challenge);
      const proof = Buffer.from(challenge.slice(text.length + 1), 'base64url');
      const expected = proofOf(text);
      if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
        return { refused: 'it is not one of this service' };
      }
      const words = text.split(' ').slice(1);
      if (Number(words.at(-2)) <= now()) return { refused: 'it has expired' };
      return { words: words.slice(0, -2) };
    },

    useUp(challenge) {
      // The part that is signed here: base64url of the rest can be written in more than one way.
      const text = signedPart(challenge);
      for (const [old, end] of answered) {
        if (end >= now()) break;
        answered.delete(old);
      }
      if (answered.has(text)) return 'it was answered already';
      if (answered.size >= MAX_ANSWERED) return 'too many are answered at once';
      answered.set(text, Number(text.split(' ').at(-2)));
      return null;
    },
  };
}

function signedPart(challenge: string): string {
  return challenge.slice(0, Math.max(challenge.lastIndexOf(' '), 0));
}
