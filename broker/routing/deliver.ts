import type { Connection } from '../connection/connection.js';
import { copyInto } from '../connection/outbound.js';
import { headerOf, type Publication, payloadOf, replyOf } from '../protocol/operation.js';
import type { Leg } from './route.js';
import type { Subscription } from './subscription.js';

/**
 * The hot path. For a message of 16 bytes to one subscriber it costs: one lookup of the plan by bytes (publish.ts), then one
 * pass that writes `MSG subject sid ` and the bytes that came in, sizes to CRLF, into the subscriber's block. No string, no
 * object, no promise. It stands behind `Route`; routing/linear.ts and the tests of delivery are its slow twin.
 */
const MSG = Buffer.from('MSG ');
const HMSG = Buffer.from('HMSG ');

/** Delivers to everyone of one account. True when someone got it. `publisher` is null for the broker's own messages. */
export function deliverLeg(publisher: Connection | null, leg: Leg, publication: Publication): boolean {
  let delivered = false;
  const { plain, groups } = leg;
  for (let i = 0; i < plain.length; i++) {
    if (deliverTo(publisher, plain[i] as Subscription, leg, publication)) delivered = true;
  }
  for (let i = 0; i < groups.length; i++) {
    if (deliverToOne(publisher, groups[i] as readonly Subscription[], leg, publication)) delivered = true;
  }
  return delivered;
}

export function deliverStreams(publisher: Connection | null, legs: readonly Leg[], publication: Publication): boolean {
  let delivered = false;
  for (const leg of legs) if (deliverLeg(publisher, leg, publication)) delivered = true;
  return delivered;
}

/** A random member gets it; one that cannot is passed over for the next. */
function deliverToOne(
  publisher: Connection | null,
  members: readonly Subscription[],
  leg: Leg,
  publication: Publication,
): boolean {
  const count = members.length;
  const first = count === 1 ? 0 : (Math.random() * count) | 0;
  for (let i = 0; i < count; i++) {
    const at = first + i;
    const member = members[at < count ? at : at - count] as Subscription;
    if (deliverTo(publisher, member, leg, publication)) return true;
  }
  return false;
}

function deliverTo(
  publisher: Connection | null,
  subscription: Subscription,
  leg: Leg,
  publication: Publication,
): boolean {
  if (subscription.closed) return false;
  const receiver = subscription.connection;
  if (receiver === null) return handleInternally(publisher, subscription, leg, publication);
  if (receiver === publisher && !receiver.options.echo) return false;
  const { buf, headerSize, replyStart, replyEnd } = publication;
  let { tailStart, tailEnd } = publication;
  let tail = buf;
  let verb = MSG;
  if (headerSize >= 0) {
    if (receiver.headers) {
      verb = HMSG;
    } else {
      tail = withoutHeader(publication);
      tailStart = 0;
      tailEnd = tail.length;
    }
  }
  const replyLength = replyEnd === replyStart ? 0 : replyEnd - replyStart + 1;
  const { subjectBytes } = leg;
  const { sidBytes } = subscription;
  const { out } = receiver;
  const size = tailEnd - tailStart;
  const head = verb.length + subjectBytes.length + sidBytes.length + replyLength;
  const small = size < 512;
  if (!out.reserve(small ? head + size : head)) return false;
  const { block } = out;
  let at = out.used;
  for (let i = 0; i < verb.length; i++) block[at++] = verb[i] as number;
  for (let i = 0; i < subjectBytes.length; i++) block[at++] = subjectBytes[i] as number;
  for (let i = 0; i < sidBytes.length; i++) block[at++] = sidBytes[i] as number;
  if (replyLength > 0) {
    for (let i = replyStart; i < replyEnd; i++) block[at++] = buf[i] as number;
    block[at++] = 32;
  }
  if (small) {
    copyInto(block, at, tail, tailStart, tailEnd);
    out.used = at + size;
  } else {
    out.used = at;
    if (!out.append(tail, tailStart, tailEnd)) return false;
  }
  if (out.congested && publisher !== null) publisher.holdBack();
  receiver.messagesOut++;
  receiver.bytesOut += tail === buf ? publication.size : publication.size - headerSize;
  subscription.delivered++;
  if (subscription.max > 0 && subscription.delivered >= subscription.max) receiver.endSubscription(subscription);
  if (replyLength > 0 && receiver.responsePermissions !== null) receiver.permitResponse(replyOf(publication));
  return true;
}

/** The tail for a receiver that did not ask for headers: the payload alone. */
function withoutHeader(publication: Publication): Buffer {
  const payload = payloadOf(publication);
  return Buffer.concat([Buffer.from(`${payload.length}\r\n`), payload, CRLF]);
}

const CRLF = Buffer.from('\r\n');

function handleInternally(
  publisher: Connection | null,
  subscription: Subscription,
  leg: Leg,
  publication: Publication,
): boolean {
  subscription.handler?.({
    publisher,
    subject: leg.subject,
    reply: replyOf(publication),
    header: headerOf(publication),
    payload: payloadOf(publication),
  });
  return true;
}
