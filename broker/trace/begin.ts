import { isLiteralSubject } from '../../claims/subject/subject.js';
import type { Account } from '../account/account.js';
import type { Connection } from '../connection/connection.js';
import { withField } from '../protocol/header.js';
import { headerOf, makePublication, type Publication, payloadOf, replyOf } from '../protocol/operation.js';
import { toWire } from '../protocol/text.js';
import { quoted } from '../protocol/writer.js';
import { readTraceRequest, TRACE_DEST, TRACE_DISABLED, type TraceRequest } from './request.js';
import { Trace } from './trace.js';

/** What becomes of a message whose headers may ask for a trace. */
export type Begun =
  /** It is published as any other. */
  | { readonly kind: 'untraced'; readonly publication: Publication }
  | { readonly kind: 'traced'; readonly trace: Trace }
  /** It goes nowhere: it was only to be traced, and that cannot be. */
  | { readonly kind: 'dropped' };

const DROPPED: Begun = { kind: 'dropped' };

/** In the order of nats-server (msgtrace.go `initMsgTrace`). */
export function beginTrace(connection: Connection, publication: Publication, subject: string): Begun {
  const untraced: Begun = { kind: 'untraced', publication };
  const block = headerOf(publication);
  const request = block === null ? null : readTraceRequest(block);
  if (request === null) return untraced;
  const account = connection.account as Account;
  const only = !request.external && asksForTraceOnly(request);
  const without: Begun = only ? DROPPED : untraced;
  // A header of servers long gone. Whoever sends it gets no trace, here or further on.
  if (request.fields.has('Nats-Trace-Origin-Account')) {
    connection.log.warn({ account: account.id }, 'message tracing refused: Nats-Trace-Origin-Account');
    return only ? DROPPED : { kind: 'untraced', publication: withoutTrace(publication, subject) };
  }
  let destination = request.fields.get(TRACE_DEST)?.[0] ?? '';
  if (request.external) {
    const { trace } = account.verified.claims.nats;
    if (trace === undefined || !isLiteralSubject(trace.dest)) return untraced;
    if (!isSampled(trace.sampling)) return { kind: 'untraced', publication: withoutTrace(publication, subject) };
    destination = toWire(trace.dest);
  }
  if (!isLiteralSubject(destination)) {
    connection.log.warn({ subject: quoted(destination) }, 'message tracing refused: no subject to publish to');
    return without;
  }
  if (!mayTraceTo(connection, account, destination)) {
    connection.sendError(`Permissions Violation for Publish to ${quoted(destination)}`);
    connection.log.debug({ subject: quoted(destination) }, 'message tracing refused');
    return DROPPED;
  }
  return { kind: 'traced', trace: new Trace(connection, account, destination, request, only, publication, subject) };
}

function asksForTraceOnly({ fields }: TraceRequest): boolean {
  return ['1', 'true', 'on'].includes(fields.get('Nats-Trace-Only')?.[0]?.toLowerCase() ?? '');
}

/** What the account wants; nothing said, or nonsense, is all of them. */
function isSampled(percent = 100): boolean {
  return percent <= 0 || percent >= 100 || Math.random() * 100 < percent;
}

/** What it may publish to; what it may only answer is not enough. */
function mayTraceTo({ permissions }: Connection, account: Account, destination: string): boolean {
  if (destination.startsWith('_GR_.')) return false;
  if (destination.startsWith('$NRG.') && !account.isSystem) return false;
  return permissions === null || permissions.canPublish(destination);
}

/** The message with the mark that ends a trace, so that no server behind this one begins it again. */
export function withoutTrace(publication: Publication, subject: string): Publication {
  const header = withField(headerOf(publication), TRACE_DEST, TRACE_DISABLED);
  return makePublication(subject, replyOf(publication), header, payloadOf(publication));
}
