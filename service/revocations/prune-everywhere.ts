import type { FastifyBaseLogger } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import { claimsJson } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { Service } from '../service.js';
import { turn } from '../turn.js';
import { pruneIn } from './prune-revocations.js';

const PAGE = 200;

/** Prunes every account. Most have no revocations, and their JWTs are not verified to find that out. */
export async function pruneEverywhere(service: Service, log: FastifyBaseLogger, signal: AbortSignal): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await service.store.db.account.findMany({
      where: { key: { gt: after } },
      orderBy: { key: 'asc' },
      take: PAGE,
      select: { key: true, jwt: true },
    });
    for (const { key, jwt } of rows) {
      if (signal.aborted) return;
      if (!claimsJson(jwt).includes('"revocations"')) continue;
      await pruneOne(service, key, log);
      await turn();
    }
    await turn();
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.key;
  }
}

/** An account that cannot be signed or read now keeps its revocations; the others do not wait for it. */
async function pruneOne(service: Service, key: string, log: FastifyBaseLogger): Promise<void> {
  try {
    await change(service, 'service', (tx) => pruneIn(service, tx, key, 'service'));
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    log.warn({ account: key, code: error.code }, 'revocations of an account could not be pruned');
  }
}
