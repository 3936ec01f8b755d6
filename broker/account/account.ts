import type { CompiledPermissions } from '../../claims/permission/permission.js';
import { overlaps } from '../../claims/subject/match.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { Connection } from '../connection/connection.js';
import { MAX_INVALIDATED_SINGLY } from '../limits.js';
import type { Interest } from '../routing/interest.js';
import type { Responses } from '../routing/responses.js';
import { RouteCache } from '../routing/route.js';
import type { Subscription } from '../routing/subscription.js';
import { treeInterest } from '../routing/tree.js';
import { noTraffic } from '../traffic.js';
import type { ServiceImport, StreamImport } from './imports.js';

/** Maps a published subject by the account's mappings; null = the message is dropped. */
export type SubjectMapping = (subject: string) => string | null;

/**
 * One account as the broker holds it: what its JWT says, compiled, and what lives in it. The object stays while the claims
 * change, so connections and imports may point at it.
 */
export class Account {
  readonly id: string;
  verified: VerifiedAccount;
  readonly isSystem: boolean;
  /** The broker's system account, once it is there. */
  readonly system: () => Account | undefined;

  readonly interest: Interest = treeInterest();
  readonly routes: RouteCache = new RouteCache(this);
  /** In order of arrival: when the limit sinks, the newest leave. */
  readonly connections = new Set<Connection>();
  /** Of connections that ended. */
  readonly endedTraffic = noTraffic();
  /** Connections that ended because they did not take what they were owed. */
  slowConsumers = 0;
  /** Subscriptions of connections that were ever made, and that ended. */
  inserts = 0;
  removes = 0;

  /** Compiled from the claims; null = everything is allowed. */
  defaultPermissions: CompiledPermissions | null = null;
  /** Null when the account maps nothing. */
  mapping: SubjectMapping | null = null;
  streamImports: StreamImport[] = [];
  serviceImports: ServiceImport[] = [];
  /** Accounts with a stream import from this one. */
  readonly streamImporters = new Set<Account>();
  /** Requests that came in through an import and wait for their response; made when the first one comes. */
  responses: Responses | null = null;
  /** When its present claims were taken into use, in ms. */
  updatedAt = Date.now();
  /** `exp` was reached, or a fetch found the JWT no longer valid. */
  expired = false;
  cancelExpiry: () => void = () => {};
  /** Some import could not be set up: tried again when an account it names is loaded. */
  incomplete = false;
  /** Of the latest attempt to load the accounts it imports from, in ms. */
  exportersAsked = 0;

  constructor(
    id: string,
    verified: VerifiedAccount,
    isSystem: boolean,
    system: () => Account | undefined = () => undefined,
  ) {
    this.id = id;
    this.verified = verified;
    this.isSystem = isSystem;
    this.system = system;
  }

  subscribe(subscription: Subscription): boolean {
    if (!this.interest.insert(subscription)) return false;
    if (subscription.connection !== null) this.inserts++;
    this.interestChanged(subscription.subject);
    return true;
  }

  unsubscribe(subscription: Subscription): void {
    this.unsubscribeAll([subscription]);
  }

  /** Of very many, each is not looked up in every route: the routes are built anew. */
  unsubscribeAll(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      subscription.closed = true;
      if (subscription.connection !== null) this.removes++;
      this.interest.remove(subscription);
    }
    const subjects = subscriptions.map(({ subject }) => subject);
    if (subjects.length > MAX_INVALIDATED_SINGLY) this.routesChanged();
    else for (const subject of subjects) this.interestChanged(subject);
    this.responses?.interestLost(subjects);
  }

  /** Routes through `pattern` are computed anew, also in accounts whose streams come here. */
  interestChanged(pattern: string): void {
    this.routes.invalidate(pattern);
    for (const { exporter, local, remote } of this.streamImports) {
      if (overlaps(pattern, local)) exporter.routes.invalidate(remote);
    }
  }

  /** Anything may have changed: imports, exports, permissions. */
  routesChanged(): void {
    this.routes.clear();
    for (const { exporter, remote } of this.streamImports) exporter.routes.invalidate(remote);
  }

  get name(): string {
    return this.verified.claims.name ?? '';
  }
}
