import { isLiteralSubject } from '../../claims/subject/subject.js';
import type { Account } from '../account/account.js';
import type { Connection } from '../connection/connection.js';
import { type Publication, replyOf, subjectOf } from '../protocol/operation.js';
import { noRespondersMessage, OK, quoted } from '../protocol/writer.js';
import { beginTrace } from '../trace/begin.js';
import { mayAskForTrace } from '../trace/request.js';
import type { Trace } from '../trace/trace.js';
import { deliverLeg, deliverStreams } from './deliver.js';
import type { Route } from './route.js';
import { atHome, deliverAcross, isServiceReply } from './services.js';

/**
 * What a connection knows about a subject it published to, found by the subject's bytes so that no string is made for a
 * message on a known subject. Valid while its route is not stale; permission changes drop all plans of the connection.
 */
export interface Plan {
  readonly bytes: Uint8Array;
  readonly subject: string;
  readonly route: Route;
  /** Nothing but delivery in this and in stream-importing accounts: no mapping, no import, no denial to report. */
  readonly plain: boolean;
}

/** A PUB or HPUB of a client: permission, mapping, delivery, and the answer when nobody was there. */
export function publish(connection: Connection, publication: Publication): void {
  const slot = publication.hash & connection.planMask;
  const known = connection.plans[slot];
  const plan =
    known !== undefined && !known.route.stale && sameSubject(known.bytes, publication)
      ? known
      : makePlan(connection, publication, slot);
  connection.messagesIn++;
  connection.bytesIn += publication.size;
  if (publication.headerSize > 0 && mayAskForTrace(publication, tracesExternally(connection))) {
    publishTraced(connection, publication, plan);
    return;
  }
  if (plan.plain && publication.replyStart === publication.replyEnd && !connection.chatty) {
    const { own, streams } = plan.route;
    if (own !== null) deliverLeg(connection, own, publication);
    if (streams.length > 0) deliverStreams(connection, streams, publication);
    return;
  }
  publishChecked(connection, publication, plan);
}

function sameSubject(bytes: Uint8Array, publication: Publication): boolean {
  const { buf, subjectStart } = publication;
  const length = publication.subjectEnd - subjectStart;
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== buf[subjectStart + i]) return false;
  return true;
}

function makePlan(connection: Connection, publication: Publication, slot: number): Plan {
  const account = connection.account as Account;
  const subject = subjectOf(publication);
  const route = account.routes.get(subject);
  const plain =
    account.mapping === null &&
    route.services.length === 0 &&
    !isReserved(subject) &&
    (connection.permissions === null || connection.permissions.canPublish(subject));
  const plan: Plan = {
    bytes: Buffer.from(publication.buf.subarray(publication.subjectStart, publication.subjectEnd)),
    subject,
    route,
    plain,
  };
  connection.plans[slot] = plan;
  return plan;
}

/** Subjects and replies that only the broker may use: service replies, and the prefixes of nats-server's gateways and raft. */
function isReserved(subject: string): boolean {
  return isServiceReply(subject) || subject.startsWith('_GR_.') || subject.startsWith('$NRG.');
}

function isReservedReply(reply: string): boolean {
  return isServiceReply(reply) || reply.startsWith('$JS.ACK.') || reply.startsWith('_GR_.');
}

function tracesExternally({ account }: Connection): boolean {
  return account?.verified.claims.nats.trace !== undefined;
}

function publishTraced(connection: Connection, publication: Publication, plan: Plan): void {
  const begun = beginTrace(connection, publication, plan.subject);
  if (begun.kind === 'untraced') publishChecked(connection, begun.publication, plan);
  if (begun.kind !== 'traced') return;
  publishChecked(connection, publication, plan, begun.trace);
  begun.trace.send();
}

function publishChecked(
  connection: Connection,
  publication: Publication,
  plan: Plan,
  trace: Trace | null = null,
): void {
  const account = connection.account as Account;
  const { options } = connection;
  if (options.pedantic && !isLiteralSubject(plan.subject)) connection.sendError('Invalid Publish Subject');
  let subject = plan.subject;
  let { route } = plan;
  if (account.mapping !== null && !isServiceReply(subject)) {
    const mapped = account.mapping(subject);
    if (mapped === null) {
      if (options.verbose) connection.send(OK);
      return;
    }
    if (mapped !== subject) {
      subject = mapped;
      route = account.routes.get(mapped);
      trace?.mapped(mapped);
    }
  }
  // The mapped subject is the one that is judged and named.
  if (!mayPublish(connection, subject)) {
    const refusal = `Permissions Violation for Publish to ${quoted(subject)}`;
    connection.sendError(refusal);
    trace?.refused(refusal);
    connection.log.debug({ subject: quoted(subject) }, 'publish refused');
    return;
  }
  const reply = replyOf(publication);
  if (reply !== '' && (isReservedReply(reply) || !mayAskFor(connection, route, reply))) {
    const refusal = `Permissions Violation for Publish with Reply of ${quoted(reply)}`;
    connection.sendError(refusal);
    trace?.refused(refusal);
    return;
  }
  if (options.verbose) connection.send(OK);
  const delivered = deliverAcross(connection, account, route, publication, reply, atHome(trace));
  if (!delivered && reply !== '' && options.no_responders) sendNoResponders(connection, account, subject, reply);
}

function mayPublish(connection: Connection, subject: string): boolean {
  if (subject.startsWith('_GR_.')) return false;
  if (subject.startsWith('$NRG.') && !(connection.account as Account).isSystem) return false;
  const { permissions } = connection;
  if (permissions === null || permissions.canPublish(subject)) return true;
  return connection.responsePermissions?.use(subject) === true;
}

/**
 * An answer from another account or from the broker is published on behalf of who asked, under no responder's permissions:
 * then a reply on which the asker may neither listen nor publish would reach past its own (CVE-2026-33249's lesson).
 */
function mayAskFor({ permissions }: Connection, { services, subject }: Route, reply: string): boolean {
  if (permissions === null) return true;
  if (services.length === 0 && !isServiceReply(subject) && !subject.startsWith('$SYS.REQ.')) return true;
  return permissions.canSubscribe(reply) || permissions.canPublish(reply);
}

/** Only where the publisher itself waits for the reply with a plain subscription. */
function sendNoResponders(connection: Connection, account: Account, subject: string, reply: string): void {
  const waiting = account.routes.get(reply).own?.plain.find((each) => each.connection === connection);
  if (waiting === undefined) return;
  connection.send(noRespondersMessage(reply, waiting.sid, subject));
}
