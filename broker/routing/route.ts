import { matches } from '../../claims/subject/match.js';
import type { Account } from '../account/account.js';
import type { ServiceImport } from '../account/imports.js';
import { isSystemService, systemImport } from '../account/system-services.js';
import { MAX_CACHED_ROUTES } from '../limits.js';
import { wireBytes } from '../protocol/text.js';
import { SERVICE_REPLY } from './responses.js';
import type { Subscription } from './subscription.js';

/** The receivers of a subject in one account, under the subject as that account sees it. */
export interface Leg {
  /** With a blank behind, as it goes out. */
  subjectBytes: Buffer;
  subject: string;
  plain: readonly Subscription[];
  /** Members of each queue group. */
  groups: readonly (readonly Subscription[])[];
}

/** Everyone a message on one subject of one account goes to. Computed once, used until something about it changes. */
export class Route {
  readonly subject: string;
  /** Receivers in the account itself; null when there are none. */
  own: Leg | null;
  /** Receivers in accounts that import it as a stream. */
  streams: readonly Leg[];
  /** Imports that carry it to another account as a request. */
  services: readonly ServiceImport[];
  /** No longer true: who holds it asks the account again. */
  stale = false;

  constructor(subject: string, own: Leg | null, streams: readonly Leg[], services: readonly ServiceImport[]) {
    this.subject = subject;
    this.own = own;
    this.streams = streams;
    this.services = services;
  }
}

const NONE: readonly never[] = [];

/**
 * The routes of one account, bounded. Every change of interest, of imports or of permissions drops the routes it concerns
 * and marks them stale, so whoever holds a fresh one may use it without asking.
 */
export class RouteCache {
  /** Times a route was asked for, and how often it was there. */
  lookups = 0;
  hits = 0;

  readonly #account: Account;
  readonly #routes = new Map<string, Route>();

  constructor(account: Account) {
    this.#account = account;
  }

  get size(): number {
    return this.#routes.size;
  }

  all(): Iterable<Route> {
    return this.#routes.values();
  }

  get(subject: string): Route {
    this.lookups++;
    const known = this.#routes.get(subject);
    if (known !== undefined) {
      this.hits++;
      return known;
    }
    if (subject.startsWith(SERVICE_REPLY) || isSystemService(subject)) return buildOnce(this.#account, subject);
    const route = buildRoute(this.#account, subject);
    if (this.#routes.size >= MAX_CACHED_ROUTES) this.#evict();
    this.#routes.set(subject, route);
    return route;
  }

  /** Drops the routes that a subscription to `pattern` is or was part of. */
  invalidate(pattern: string): void {
    const wild = pattern.search(/[*>]/);
    if (wild === -1) {
      const route = this.#routes.get(pattern);
      if (route !== undefined) this.#drop(pattern, route);
      return;
    }
    const prefix = pattern.slice(0, wild);
    for (const [subject, route] of this.#routes) {
      if (subject.startsWith(prefix) && matches(pattern, subject)) this.#drop(subject, route);
    }
  }

  clear(): void {
    for (const [subject, route] of this.#routes) this.#drop(subject, route);
  }

  /** The oldest quarter goes. */
  #evict(): void {
    let count = MAX_CACHED_ROUTES / 4;
    for (const [subject, route] of this.#routes) {
      if (count-- === 0) return;
      this.#drop(subject, route);
    }
  }

  #drop(subject: string, route: Route): void {
    this.#routes.delete(subject);
    route.stale = true;
    // Whoever still holds it must not keep closed connections alive.
    route.own = null;
    route.streams = NONE;
    route.services = NONE;
  }
}

/** Used once or a few times (a service reply, a question to the system): not worth a place, so stale from the start for who would keep it. */
function buildOnce(account: Account, subject: string): Route {
  const route = buildRoute(account, subject);
  route.stale = true;
  return route;
}

function buildRoute(account: Account, subject: string): Route {
  const own = buildLeg(account, subject);
  const streams = account.streamImporters.size === 0 ? NONE : streamLegs(account, subject);
  const services = account.serviceImports.filter((each) => each.active && matches(each.local, subject));
  const automatic = systemImport(account, subject);
  if (automatic !== null) services.push(automatic);
  return new Route(subject, own, streams, services.length === 0 ? NONE : services);
}

/** Null when nobody is there. Those whom a deny entry keeps from this subject are left out here, once for all messages. */
function buildLeg(account: Account, subject: string): Leg | null {
  const match = account.interest.match(subject);
  const plain = match.plain.filter((each) => !isDenied(each, subject));
  const groups: Subscription[][] = [];
  for (const members of match.groups.values()) {
    const allowed = members.filter((each) => !isDenied(each, subject));
    if (allowed.length > 0) groups.push(allowed);
  }
  if (plain.length === 0 && groups.length === 0) return null;
  return { subject, subjectBytes: wireBytes(`${subject} `), plain, groups };
}

function isDenied(subscription: Subscription, subject: string): boolean {
  return subscription.filter?.(subject) === true;
}

/**
 * One hop only: what came by a stream import is not exported again, as at nats-server. An account that lets another have
 * its stream has not let that one's importers have it.
 */
function streamLegs(from: Account, subject: string): readonly Leg[] {
  const legs: Leg[] = [];
  for (const importer of from.streamImporters) {
    // Most accounts that import a widely used stream have nobody here at a time.
    if (importer.connections.size === 0) continue;
    for (const each of importer.streamImports) {
      if (each.exporter !== from || !each.active) continue;
      const local = each.toLocal(subject);
      const leg = local === null ? null : buildLeg(importer, local);
      if (leg !== null) legs.push(leg);
    }
  }
  return legs.length === 0 ? NONE : legs;
}
