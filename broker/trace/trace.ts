import { constants, gzipSync } from 'node:zlib';
import type { Account } from '../account/account.js';
import type { Connection } from '../connection/connection.js';
import { MAX_TRACE_EVENTS, MAX_TRACED_HEADER } from '../limits.js';
import { makePublication, type Publication } from '../protocol/operation.js';
import { fromWire, wireBytes } from '../protocol/text.js';
import { deliverAcross } from '../routing/services.js';
import type { Subscription } from '../routing/subscription.js';
import { serverInfo } from '../system/replies.js';
import { requestJson, type TraceRequest } from './request.js';

/** Why a subscriber did not get the message, in nats-server's words (msgtrace.go). */
export type NotDelivered =
  | 'Not delivered because of no echo'
  | 'Not delivered because subscription denies this subject'
  | 'Not delivered because client is closed';

/** nats-server's number for a client's connection (client.go `CLIENT`). */
const CLIENT = 0;

type Event = { type: 'in' | 'sm' | 'se' | 'si' | 'eg'; ts: string } & Record<string, string | number | undefined>;

/**
 * The way of one message through this server: told, once the message is through, on a subject of the sender's account
 * (nats-server msgtrace.go, ADR-41).
 */
export class Trace {
  /** Nobody is to get the message. */
  readonly only: boolean;
  readonly #publisher: Connection;
  readonly #account: Account;
  readonly #destination: string;
  readonly #request: TraceRequest;
  readonly #size: number;
  readonly #headerSize: number;
  readonly #ingress: Event;
  readonly #events: Event[];

  constructor(
    publisher: Connection,
    account: Account,
    destination: string,
    request: TraceRequest,
    only: boolean,
    publication: Publication,
    subject: string,
  ) {
    this.only = only;
    this.#publisher = publisher;
    this.#account = account;
    this.#destination = destination;
    this.#request = request;
    this.#size = publication.size;
    this.#headerSize = publication.headerSize;
    this.#ingress = {
      type: 'in',
      ts: now(),
      kind: CLIENT,
      cid: publisher.id,
      name: publisher.options.name || undefined,
      acc: account.id,
      subj: fromWire(subject),
      error: undefined,
    };
    this.#events = [this.#ingress];
  }

  refused(error: string): void {
    this.#ingress.error = fromWire(error);
  }

  mapped(to: string): void {
    this.#add({ type: 'sm', ts: now(), to: fromWire(to) });
  }

  imported(account: Account, from: string, to: string): void {
    this.#add({ type: 'si', ts: now(), acc: account.id, from: fromWire(from), to: fromWire(to) });
  }

  exported(account: Account, to: string): void {
    this.#add({ type: 'se', ts: now(), acc: account.id, to: fromWire(to) });
  }

  /** `subject` is that of the subscription as the account knows it that published. */
  delivered(subject: string, { queue }: Subscription, to: Connection, error?: NotDelivered): void {
    this.#add({
      type: 'eg',
      ts: now(),
      kind: CLIENT,
      cid: to.id,
      name: to.options.name || undefined,
      acc: to.account === this.#account ? undefined : to.account?.id,
      sub: fromWire(subject),
      queue: queue === '' ? undefined : fromWire(queue),
      error,
    });
  }

  #add(event: Event): void {
    if (this.#events.length < MAX_TRACE_EVENTS) this.#events.push(event);
  }

  /** Tells it. Nothing may be added after. */
  send(): void {
    const { broker } = this.#publisher;
    const fields = this.#headerSize > MAX_TRACED_HEADER ? undefined : requestJson(this.#request);
    const request = { header: fields, msgsize: this.#size || undefined };
    const event = { server: serverInfo(broker), request, events: this.#events };
    let payload: Buffer = Buffer.from(JSON.stringify(event), 'utf8');
    let header: Buffer | null = null;
    // Snappy, which nats-server also knows, is none of Node's: who asks for it is answered in plain text.
    if (this.#request.fields.get('Accept-Encoding')?.[0]?.toLowerCase().includes('gzip')) {
      payload = gzipSync(payload, { level: constants.Z_BEST_SPEED });
      header = wireBytes('NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n');
    }
    const publication = makePublication(this.#destination, '', header, payload);
    const account = this.#account;
    deliverAcross(null, account, account.routes.get(this.#destination), publication, '');
  }
}

function now(): string {
  return new Date().toISOString();
}
