import { randomBytes } from 'node:crypto';
import { isLiteralSubject } from '../../claims/subject/subject.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { Export } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import type { Connection } from '../connection/connection.js';
import { type Fields, fieldsJson, readFields } from '../protocol/fields.js';
import { headerOf, makePublication, type Publication } from '../protocol/operation.js';
import { toWire } from '../protocol/text.js';
import { briefInfo, detailedInfo } from './client-info.js';
import { sampledByHeader } from './sampling.js';
import { deliverAcross } from './services.js';

/** How the answers of a service are measured. */
export interface Latency {
  /** Of all requests; 0 = only those whose headers ask for it. */
  readonly percent: number;
  /** Subject in the exporter for what was measured. */
  readonly results: string;
}

/** One request that is measured. */
export interface Tracking {
  readonly latency: Latency;
  /** The account that answers, and is told. */
  readonly exporter: Account;
  readonly requester: Connection;
  readonly share: boolean;
  /** What asked for the measurement; null when the percentage did. */
  readonly header: Fields | null;
  /** In ms since the epoch, and by the clock that never jumps, in ns. */
  readonly started: number;
  readonly startedNs: bigint;
}

/** Why a request ended without an answer: nats-server's status and words. */
export type Failure = 'Bad Request' | 'Request Timeout' | 'Service Unavailable' | 'Service Timeout';
const STATUS: Readonly<Record<Failure, number>> = {
  'Bad Request': 400,
  'Request Timeout': 408,
  'Service Unavailable': 503,
  'Service Timeout': 504,
};

/**
 * What an export wants measured, null where it cannot be: nats-server leaves it out then, and so do we (accounts.go
 * `TrackServiceExportWithSampling`). A result that is a request for a service of the same account would measure itself.
 */
export function latencyOf(exporter: Account, each: Export): Latency | null {
  const wanted = each.service_latency;
  if (wanted === undefined) return null;
  if ((each.response_type ?? 'Singleton') !== 'Singleton') return null;
  const { sampling, results } = wanted;
  if (!isLiteralSubject(results)) return null;
  if (decidingExport(exporter.verified.claims.nats.exports, 'service', results) !== null) return null;
  const percent = sampling === 'headers' ? 0 : sampling;
  return percent < 0 || percent > 100 ? null : { percent, results: toWire(results) };
}

/** Null when this request is not measured; without a system account, which may come later, none is. */
export function track(
  latency: Latency,
  exporter: Account,
  requester: Connection,
  share: boolean,
  publication: Publication,
): Tracking | null {
  if (exporter.system() === undefined) return null;
  let header: Fields | null = null;
  // nats-server draws from 0 to 99 and takes up to the percentage: one percent too many.
  if (Math.random() * 100 >= latency.percent) {
    const block = headerOf(publication);
    header = block === null ? null : sampledByHeader(readFields(block));
    if (header === null) return null;
  }
  const startedNs = process.hrtime.bigint();
  return { latency, exporter, requester, share, header, started: Date.now(), startedNs };
}

/** The answer is there. `responder` is null when the broker itself answers. */
export function reportAnswer(tracking: Tracking, responder: Connection | null): void {
  const answeredNs = process.hrtime.bigint();
  const tookNs = Number(answeredNs - tracking.startedNs);
  const responderRtt = responder?.rttNs ?? 0;
  const details = responder === null ? undefined : detailedInfo(responder);
  const system = responderRtt > 0 ? Number(process.hrtime.bigint() - answeredNs) : 0;
  publishResult(tracking, {
    status: 200,
    responder: details,
    // Round trip times are estimates: what is worked out with them may come out below nothing (`sanitizeLatencyMetric`).
    service: Math.max(0, tookNs - responderRtt),
    system,
    total: tracking.requester.rttNs + tookNs + system,
  });
}

export function reportFailure(tracking: Tracking, description: Failure): void {
  publishResult(tracking, { status: STATUS[description], description, service: 0, system: 0, total: 0 });
}

interface Result {
  status: number;
  description?: Failure;
  responder?: object | undefined;
  service: number;
  system: number;
  total: number;
}

/** Field by field in the order of nats-server's ServiceLatency; durations are nanoseconds. */
function publishResult(tracking: Tracking, { status, description, responder, ...durations }: Result): void {
  const { exporter, requester, share, header, started, latency } = tracking;
  const result = {
    type: 'io.nats.server.metric.v1.service_latency',
    id: eventId(),
    timestamp: new Date().toISOString(),
    status,
    description,
    requestor: share ? detailedInfo(requester) : briefInfo(requester),
    responder,
    header: header === null ? undefined : fieldsJson(header),
    start: new Date(started - requester.rttNs / 1e6).toISOString(),
    ...durations,
  };
  const publication = makePublication(latency.results, '', null, Buffer.from(JSON.stringify(result), 'utf8'));
  deliverAcross(null, exporter, exporter.routes.get(latency.results), publication, '');
}

/** 22 characters, as nats-server's event ids. */
function eventId(): string {
  return randomBytes(17).toString('base64url').replace(/[-_]/g, '0').slice(0, 22);
}
