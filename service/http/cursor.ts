import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import type { Custody } from '../custody/custody.js';
import { ownSecret } from '../custody/own-key.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Store } from '../store/open.js';

/**
 * Where a page of a list ended, for its caller to come back with. The text says nothing that a caller may build on and cannot be
 * made up: it is authenticated under a key of this database, together with the list (route and filters) it belongs to.
 */
export interface Cursors {
  /** @param position what the list goes on after, in its own order */
  seal(position: string, list: string): string;
  /** @throws NatsctlError ERR_CURSOR_INVALID for what `seal` did not make for this very list */
  open(cursor: string, list: string): string;
}

const KEY_BYTES = 32;
/** Half of a SHA-256: nobody finds 128 bits by asking. */
const PROOF_BYTES = 16;

/** The key is kept, so that a list that was begun before a restart goes on after it. */
export async function openCursors(store: Store, custody: Custody): Promise<Cursors> {
  const secret = await ownSecret(store, custody, { kind: 'cursor', id: 'cursor-key' }, () => randomBytes(KEY_BYTES));
  const key = createSecretKey(secret);
  secret.fill(0);
  const proofOf = (position: string, list: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([list, position]))
      .digest()
      .subarray(0, PROOF_BYTES);
  return {
    seal: (position, list) => Buffer.concat([proofOf(position, list), Buffer.from(position)]).toString('base64url'),
    open(cursor, list) {
      const bytes = Buffer.from(cursor, 'base64url');
      const position = bytes.subarray(PROOF_BYTES).toString();
      const proof = bytes.subarray(0, PROOF_BYTES);
      if (proof.length !== PROOF_BYTES || !timingSafeEqual(proof, proofOf(position, list))) throw cursorInvalid();
      return position;
    },
  };
}

function cursorInvalid(): NatsctlError<ServiceErrorCode> {
  const message = 'this is not where a page of this list ended';
  return new NatsctlError('ERR_CURSOR_INVALID', 'the cursor is not one of this list, with these filters', {
    hint: 'take `next` of the page before, with the same filters; or begin anew without `after`',
    details: { issues: [{ code: 'cursor', level: 'error', path: '/after', message }] },
  });
}
