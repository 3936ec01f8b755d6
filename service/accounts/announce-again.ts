import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import { findAccount } from './find-account.js';
import { announceLater } from './save-account.js';

/** As long as a revocation waits for its servers. */
const WAIT_MS = 2_000;

/**
 * Announces the JWT of an account to every server once more. With no link there is nobody to tell, and that is no fault.
 *
 * @throws ERR_ANNOUNCE where a server refuses it or none answers in time; links go on trying
 */
export async function announceAgain({ store, links, now }: Service, id: string): Promise<void> {
  const { key, jti, linked } = await store.transaction(async (tx) => {
    const row = await findAccount(tx, id);
    await announceLater(tx, row, now());
    return { ...row, linked: (await tx.link.count()) > 0 };
  });
  if (!linked) return;
  const answers = await links.announce(key, jti, WAIT_MS);
  const refused = answers.find(({ ok }) => !ok);
  if (answers.length > 0 && refused === undefined) return;
  const why = refused ? `${refused.server} answers ${refused.message}` : 'no server has answered yet';
  throw new NatsctlError<ServiceErrorCode>('ERR_ANNOUNCE', `error sending notification of change: ${why}`, {
    hint: 'the service goes on trying; GET /api/v1/links shows how far it is',
    details: { account: key, answers },
  });
}
