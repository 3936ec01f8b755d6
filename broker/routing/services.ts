import type { ResponseType } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import type { ServiceImport } from '../account/imports.js';
import type { Connection } from '../connection/connection.js';
import { MAX_IMPORT_HOPS, MAX_REQUEST_CROSSINGS, RESPONSE_THRESHOLD_MS } from '../limits.js';
import { withField } from '../protocol/header.js';
import { headerOf, makePublication, type Publication, payloadOf } from '../protocol/operation.js';
import { toWire } from '../protocol/text.js';
import { deliverStreamsTraced, deliverTraced } from '../trace/deliver.js';
import { TRACE_DEST, TRACE_DISABLED } from '../trace/request.js';
import type { Trace } from '../trace/trace.js';
import { briefInfo, type ClientInfo, detailedInfo, serverInfoOf, withService } from './client-info.js';
import { deliverLeg, deliverStreams } from './deliver.js';
import { reportAnswer, reportFailure, type Tracking, track } from './latency.js';
import { type PendingResponse, responsesOf, SERVICE_REPLY } from './responses.js';
import type { Route } from './route.js';

/** How a message came to the account it is delivered in. */
interface Way {
  readonly imports: readonly ServiceImport[];
  /** Details of the requester travel along: decided by the first import of a chain. */
  readonly share: boolean;
  /**
   * Set once it came as an answer: to the account that asked for it there, after so many imports. If it goes on as a request
   * from there, that account asks, which chose the subject, and not whoever answered.
   */
  readonly answered: { readonly to: Account; readonly after: number } | null;
  /** Of one message, all ways together: they can double with every account. */
  readonly crossings: { left: number };
  /** What is told of its way; null = nothing, or no more. */
  readonly trace: Trace | null;
}

export function atHome(trace: Trace | null = null): Way {
  return { imports: [], share: false, answered: null, crossings: { left: MAX_REQUEST_CROSSINGS }, trace };
}

const REQUEST_INFO = 'Nats-Request-Info';

export function isServiceReply(subject: string): boolean {
  return subject.startsWith(SERVICE_REPLY);
}

/**
 * Delivers in `account` and wherever imports carry it from there: the full way, of which publish.ts takes the short cut when
 * there are no services. True when somebody got it.
 */
export function deliverAcross(
  publisher: Connection | null,
  account: Account,
  route: Route,
  publication: Publication,
  reply: string,
  way: Way = atHome(),
): boolean {
  const { own, streams, services, subject } = route;
  const { trace } = way;
  let delivered =
    trace === null
      ? own !== null && deliverLeg(publisher, own, publication)
      : deliverTraced(publisher, account, subject, publication, trace);
  // What came as a request is not exported again as a stream.
  if (streams.length > 0 && way.imports.length === 0) {
    const exported =
      trace === null
        ? deliverStreams(publisher, streams, publication)
        : deliverStreamsTraced(publisher, account, subject, publication, trace);
    if (exported) delivered = true;
  }
  for (const each of services) {
    if (request(publisher, each, subject, publication, reply, way)) delivered = true;
  }
  if (account.responses !== null && isServiceReply(subject)) {
    const pending = account.responses.get(subject);
    if (pending !== undefined && respond(publisher, account, pending, publication, reply, way)) delivered = true;
  }
  return delivered;
}

/** Carries a request through an import into the exporting account. */
function request(
  publisher: Connection | null,
  each: ServiceImport,
  subject: string,
  publication: Publication,
  reply: string,
  way: Way,
): boolean {
  const { exporter } = each;
  if (publisher === null || !each.active || each.export === null) return false;
  // The same export twice on one way is a loop.
  if (way.imports.length >= MAX_IMPORT_HOPS || way.imports.some((hop) => hop.export === each.export)) return false;
  if (way.crossings.left-- <= 0) return false;
  let to = each.toRemote(subject);
  if (to !== null && exporter.mapping !== null) to = exporter.mapping(to);
  if (to === null) return false;
  const { answered, trace } = way;
  if (trace !== null) {
    trace.imported(exporter, subject, to);
    // Neither to be delivered nor to be traced beyond: it counts as delivered.
    if (trace.only && each.export.allow_trace !== true) return true;
  }
  const first = way.imports.length === (answered?.after ?? 0);
  const sharing = each.claim.share === true && answered === null;
  const share = first ? sharing : way.share;
  const latency = trace?.only === true ? null : each.latency;
  const tracking =
    latency === null ? null : track(latency, exporter, publisher, each.claim.share === true, publication);
  const pending = reply === '' ? null : answerTo(each, reply, tracking);
  // Who is not told where the answer is to go cannot give one: measured as a bad request.
  if (pending === null && tracking !== null) reportFailure(tracking, 'Bad Request');
  let info: ClientInfo = answered === null ? infoOf(publisher, share) : { acc: answered.to.id };
  if (!first) info = withService(info, each.importer.id);
  // What the first account does not share, but one on the way would, is only where the request was made.
  if (!share && (exporter.isSystem || (!first && sharing))) info = { ...info, ...serverInfoOf(publisher) };
  let header = withField(headerOf(publication), REQUEST_INFO, asciiJson(info));
  if (trace !== null) header = withField(header, TRACE_DEST, traceBeyond(each, publisher));
  const crossing = makePublication(to, pending ?? '', header, payloadOf(publication));
  const delivered = deliverAcross(publisher, exporter, exporter.routes.get(to), crossing, pending ?? '', {
    imports: [...way.imports, each],
    share,
    answered,
    crossings: way.crossings,
    trace: each.export.allow_trace === true ? trace : null,
  });
  if ((!delivered || trace?.only === true) && pending !== null) dropUndelivered(exporter, pending);
  return delivered;
}

/** The reply subject the responder sees. Acknowledgements of JetStream go through as they are, as at nats-server. */
function answerTo(each: ServiceImport, reply: string, tracking: Tracking | null): string {
  if (reply.startsWith('$JS.ACK.')) return reply;
  const type: ResponseType = each.export?.response_type ?? 'Singleton';
  const nanoseconds = each.export?.response_threshold ?? 0;
  const thresholdMs = nanoseconds > 0 ? Math.max(1, Math.ceil(nanoseconds / 1e6)) : RESPONSE_THRESHOLD_MS;
  return responsesOf(each.exporter).expect(each.importer, reply, type, thresholdMs, tracking).subject;
}

/**
 * What the exporter reads in place of the trace's destination: that is a subject of the account that asked. Where tracing
 * goes on, nats-server puts a reply there for servers behind this one; there is none, so it leads nowhere.
 */
function traceBeyond({ export: from, exporter, importer }: ServiceImport, { id }: Connection): string {
  if (from?.allow_trace !== true) return TRACE_DISABLED;
  const responses = responsesOf(exporter);
  const reply = responses.expect(importer, `${SERVICE_REPLY}trace.${id}`, 'Singleton', RESPONSE_THRESHOLD_MS);
  responses.remove(reply, 'Service Timeout');
  return reply.subject;
}

function dropUndelivered(account: Account, subject: string): void {
  const pending = account.responses?.get(subject);
  if (pending !== undefined) account.responses?.remove(pending, 'Service Unavailable');
}

function infoOf(publisher: Connection, share: boolean): ClientInfo {
  return share ? detailedInfo(publisher) : briefInfo(publisher);
}

/** Carries an answer back to the account the request came from. */
function respond(
  publisher: Connection | null,
  account: Account,
  pending: PendingResponse,
  publication: Publication,
  reply: string,
  way: Way,
): boolean {
  const { requester } = pending;
  if (way.imports.length >= MAX_IMPORT_HOPS || way.crossings.left-- <= 0) return false;
  const { trace } = way;
  if (trace !== null) {
    trace.imported(requester, pending.subject, pending.reply);
    if (trace.only) return true;
  }
  if (pending.tracking !== null) {
    reportAnswer(pending.tracking, publisher);
    pending.tracking = null;
  }
  // An answer may itself ask for an answer: then the requester gets a subject of its own account for it.
  const backwards =
    reply === '' ? null : responsesOf(requester).expect(account, reply, pending.type, pending.thresholdMs);
  const header = headerOf(publication);
  const crossing = makePublication(
    pending.reply,
    backwards?.subject ?? '',
    // An answer is traced to the border, not beyond.
    trace === null ? header : withField(header, TRACE_DEST, TRACE_DISABLED),
    payloadOf(publication),
  );
  const route = requester.routes.get(pending.reply);
  const delivered = deliverAcross(publisher, requester, route, crossing, backwards?.subject ?? '', {
    ...way,
    trace: null,
    answered: { to: requester, after: way.imports.length },
  });
  const ended = publication.size === 0;
  if (!delivered || pending.type === 'Singleton' || ended) account.responses?.remove(pending, 'Service Unavailable');
  else pending.seen = Date.now();
  if (!delivered && backwards !== null) requester.responses?.remove(backwards, 'Service Unavailable');
  return delivered;
}

/** JSON for a header line: JSON.stringify escapes control characters, so it stays one line. */
function asciiJson(value: object): string {
  return toWire(JSON.stringify(value));
}
