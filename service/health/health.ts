/**
 * Whether the service can do its work. `ready` is what an orchestrator routes by, so only what every request needs makes it
 * unready; NATS being away leaves the resolver and the API whole and is `degraded`.
 */
import type { FastifyBaseLogger } from 'fastify';
import { verifySignature } from '../../claims/keys/verify.js';
import type { Service } from '../service.js';

export type CheckStatus = 'ok' | 'degraded' | 'failed';

export interface CheckResult {
  name: string;
  status: CheckStatus;
  /** For people: what is wrong. Names nothing of the inside, since anybody may ask. */
  message?: string;
}

export interface Health {
  check(): Promise<{ ready: boolean; checks: CheckResult[] }>;
  /** From now on it is not ready: it is about to end. */
  stop(): void;
}

type Judgement = Omit<CheckResult, 'name'>;
type Check = (service: Service) => Promise<Judgement>;

const OK: Judgement = { status: 'ok' };
const CHECK_TIMEOUT_MS = 2_000;
/** Anybody may ask, as often as they like: the database is asked this often at most. */
const FRESH_MS = 1_000;
/** A signature costs the processor, or a request to Vault: one that held holds for so long. One that did not is tried with the next look. */
const SIGNED_MS = 10_000;
const PROBE = Buffer.from('natsctl readiness probe');

export function watchHealth(service: Service, log: FastifyBaseLogger): Health {
  const checks: Record<string, Check> = {
    database,
    migrations: migrationsSinceStart(),
    custody: seldom(custody, SIGNED_MS),
    nats,
  };
  let stopping = false;
  let last: { until: number; results: Promise<CheckResult[]> } | undefined;

  const run = () => Promise.all(Object.entries(checks).map(([name, check]) => judged(name, check, service, log)));
  return {
    async check() {
      const at = performance.now();
      if (!last || at - last.until > 0) {
        // However long one takes, there is one at a time.
        const look = { until: Number.POSITIVE_INFINITY, results: run() };
        last = look;
        void look.results.then(() => {
          look.until = performance.now() + FRESH_MS;
        });
      }
      const results = await last.results;
      const all: CheckResult[] = stopping
        ? [...results, { name: 'running', status: 'failed', message: 'the service is stopping' }]
        : results;
      return { ready: all.every(({ status }) => status !== 'failed'), checks: all };
    },
    stop() {
      stopping = true;
    },
  };
}

/** What was ok stays so for a while; anything else is looked at again. */
function seldom(check: Check, ms: number): Check {
  let good: { until: number; judgement: Judgement } | undefined;
  return async (service) => {
    if (good && performance.now() < good.until) return good.judgement;
    const judgement = await check(service);
    good = judgement.status === 'ok' ? { until: performance.now() + ms, judgement } : undefined;
    return judgement;
  };
}

async function judged(name: string, check: Check, service: Service, log: FastifyBaseLogger): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Judgement>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'failed', message: 'no answer in time' }), CHECK_TIMEOUT_MS);
  });
  try {
    return { name, ...(await Promise.race([check(service), late])) };
  } catch (error) {
    log.error({ err: error, check: name }, 'health check failed');
    return { name, status: 'failed', message: 'it failed; the log says why' };
  } finally {
    clearTimeout(timer);
  }
}

async function database({ store }: Service): Promise<Judgement> {
  await store.db.meta.count();
  return OK;
}

/** The start applies all that it knows. What comes later was applied by a newer natsctl, on tables this one does not know. */
function migrationsSinceStart(): Check {
  let known: string | undefined;
  return async ({ store }) => {
    const rows = await store.db.$queryRaw<{ name: string }[]>`
      SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY migration_name`;
    const names = rows.map(({ name }) => name).join(' ');
    known ??= names;
    if (names === known) return OK;
    return { status: 'failed', message: 'the database was migrated by another natsctl: restart with that one' };
  };
}

/** A key in custody signs; whoever holds none has nothing to prove. */
async function custody({ store, custody: keys }: Service): Promise<Judgement> {
  const row = await store.db.sealedKey.findFirst({ select: { owner: true, publicKey: true } });
  const signer = row && (await keys.signer(store.db, row.owner, row.publicKey));
  if (!signer) return { ...OK, message: 'no key is held here' };
  const signed = verifySignature(signer.publicKey, PROBE, await signer.sign(PROBE));
  return signed ? OK : { status: 'failed', message: 'a key in custody gives signatures that do not hold' };
}

async function nats({ links }: Service): Promise<Judgement> {
  const all = await links.list();
  const away = all.filter(({ connected }) => !connected).length;
  if (away === 0) return OK;
  return {
    status: 'degraded',
    message: `${away} of ${all.length} links are down; changes are announced when they are back`,
  };
}
