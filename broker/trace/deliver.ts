import { intersection } from '../../claims/subject/match.js';
import type { Account } from '../account/account.js';
import type { StreamImport } from '../account/imports.js';
import type { Connection } from '../connection/connection.js';
import type { Publication } from '../protocol/operation.js';
import { wireBytes } from '../protocol/text.js';
import { deliverTo } from '../routing/deliver.js';
import type { Leg } from '../routing/route.js';
import type { Subscription } from '../routing/subscription.js';
import type { Trace } from './trace.js';

/** How the subscribers of one account are told of. */
interface Tell {
  readonly trace: Trace;
  /** Asked for each of them: what tells of it, null where nothing is to be told. */
  readonly enter: () => Trace | null;
  readonly nameOf: (subscription: Subscription) => string;
}

/** The way that routing/deliver.ts takes, step by step, with each step told. */
export function deliverTraced(
  publisher: Connection | null,
  account: Account,
  subject: string,
  publication: Publication,
  trace: Trace,
): boolean {
  return deliverToAll(publisher, account, subject, publication, { trace, enter: () => trace, nameOf: own });
}

export function deliverStreamsTraced(
  publisher: Connection | null,
  from: Account,
  subject: string,
  publication: Publication,
  trace: Trace,
): boolean {
  let delivered = false;
  for (const importer of from.streamImporters) {
    for (const each of importer.streamImports) {
      if (each.exporter !== from || !each.active) continue;
      const local = each.toLocal(subject);
      if (local === null) continue;
      // Told before each of those who get it; beyond, only where the import lets it be traced.
      const enter = (): Trace | null => {
        trace.exported(importer, local);
        return each.claim.allow_trace === true ? trace : null;
      };
      const tell: Tell = { trace, enter, nameOf: ({ subject: wanted }) => asExported(each, wanted) };
      if (deliverToAll(publisher, importer, local, publication, tell)) delivered = true;
    }
  }
  return delivered;
}

function deliverToAll(
  publisher: Connection | null,
  account: Account,
  subject: string,
  publication: Publication,
  { trace: { only }, enter, nameOf }: Tell,
): boolean {
  const { plain, groups } = account.interest.match(subject);
  const leg: Leg = { subject, subjectBytes: wireBytes(`${subject} `), plain, groups: [...groups.values()] };
  const one = (each: Subscription): boolean => {
    const trace = enter();
    // Not to be delivered and not to be traced further: it counts as delivered, so that nobody is told otherwise.
    if (trace === null) return only || (!isDenied(each, subject) && deliverTo(publisher, each, leg, publication));
    return deliverToOne(publisher, each, leg, publication, trace, nameOf(each));
  };
  let delivered = false;
  for (const each of plain) if (one(each)) delivered = true;
  for (const members of leg.groups) {
    const first = Math.floor(Math.random() * members.length);
    if ([...members.slice(first), ...members.slice(0, first)].some(one)) delivered = true;
  }
  return delivered;
}

function deliverToOne(
  publisher: Connection | null,
  subscription: Subscription,
  leg: Leg,
  publication: Publication,
  trace: Trace,
  name: string,
): boolean {
  const { connection } = subscription;
  // The broker's own services do their work, but are nobody to tell of.
  if (connection === null) return !trace.only && deliverTo(publisher, subscription, leg, publication);
  if (connection === publisher && !connection.options.echo) {
    trace.delivered(name, subscription, connection, 'Not delivered because of no echo');
    return false;
  }
  if (isDenied(subscription, leg.subject)) {
    trace.delivered(name, subscription, connection, 'Not delivered because subscription denies this subject');
    return false;
  }
  const delivered = trace.only || deliverTo(publisher, subscription, leg, publication);
  trace.delivered(name, subscription, connection, delivered ? undefined : 'Not delivered because client is closed');
  return delivered;
}

function own({ subject }: Subscription): string {
  return subject;
}

/** What a subscription takes of an imported stream, in the exporter's words: its own are the importer's affair. */
function asExported({ local, remote, toRemote }: StreamImport, subject: string): string {
  const taken = intersection(subject, local);
  return (taken === null ? null : toRemote(taken)) ?? remote;
}

function isDenied(subscription: Subscription, subject: string): boolean {
  return subscription.filter?.(subject) === true;
}
