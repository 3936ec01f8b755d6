import { createHash, timingSafeEqual } from 'node:crypto';
import { MAX_WAITING_PASSWORDS } from '../limits.js';
import { isBcrypt, verifyBcrypt } from './bcrypt.js';
import { refused } from './refusal.js';

/**
 * Compares what clients send with what is configured. Hashes are checked one after the other, whoever sent them: they share one thread with
 * all traffic, and side by side each would only take longer.
 */
export class Passwords {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** At once for a plain secret. `wanted` = false once nobody waits for the answer. @throws ERR_CONNECT_BUSY */
  matches(configured: string, given: string, wanted: () => boolean): boolean | Promise<boolean> {
    if (!isBcrypt(configured)) return sameText(configured, given);
    if (this.#waiting >= MAX_WAITING_PASSWORDS) throw refused('ERR_CONNECT_BUSY', 'too many passwords to be checked');
    this.#waiting++;
    const check = this.#last.then(() => wanted() && verifyBcrypt(given, configured)).finally(() => this.#waiting--);
    this.#last = check.catch(() => {});
    return check;
  }
}

/** Takes as long wherever they differ, and whatever their lengths. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
