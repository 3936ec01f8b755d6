import { randomBytes, type X509Certificate } from 'node:crypto';
import type { CompiledPermissions } from '../../claims/permission/permission.js';
import type { ConnectionType } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import { announce, authenticate } from '../auth/chain.js';
import { mayBeginUnannounced } from '../auth/config-steps.js';
import { entranceOf } from '../auth/entrance.js';
import type { Principal } from '../auth/principal.js';
import type { Broker } from '../broker.js';
import { LINGER_MS, PUBLISH_PLANS, STALL_MS } from '../limits.js';
import { codeOf, type Logger, printable, stackOf } from '../log.js';
import type { Subscribe, Unsubscribe } from '../protocol/arguments.js';
import {
  type ConnectOptions,
  defaultConnectOptions,
  fillEmpty,
  parseConnect,
  parseObject,
} from '../protocol/connect.js';
import type { Publication } from '../protocol/operation.js';
import { type Fault, type Operations, Parser } from '../protocol/parser.js';
import { errorLine, infoLine, OK, PONG } from '../protocol/writer.js';
import { type Plan, publish } from '../routing/publish.js';
import type { Subscription } from '../routing/subscription.js';
import { atTime } from '../timer.js';
import { addTraffic } from '../traffic.js';
import { userOfCertificate } from '../transport/certificate/user.js';
import type { Offer, Receiver, TlsState, Transport } from '../transport/transport.js';
import type { CookieCredentials } from '../transport/websocket/cookies.js';
import { type CloseReason, FAULTS } from './faults.js';
import { type Heartbeat, startHeartbeat } from './heartbeat.js';
import { infoFor } from './info.js';
import { Outbound } from './outbound.js';
import { ResponsePermissions } from './response-permissions.js';
import { subscribe, unsubscribe } from './subscriptions.js';

/** As nats-server: 11 random bytes, which are 15 characters of base64url. */
const NONCE_BYTES = 11;

type Phase = 'new' | 'authenticating' | 'open' | 'closed';

/**
 * One client: its socket, what its CONNECT said, whom it proved to be, and its subscriptions. The account comes from the
 * verified JWT alone and is set once. Whatever throws while it is served ends this connection and nothing else.
 */
export class Connection implements Operations, Receiver {
  readonly id: number;
  readonly broker: Broker;
  /** What INFO says of the listener it came in by. */
  offer: Offer;
  /** Where it comes from: the peer of the socket, or whom a proxy named. */
  remoteAddress: string;
  remotePort: number;
  /** The first INFO leaves the address out: it would be the proxy's (nats-server createClientEx). */
  behindProxy = false;
  /** What cookies of a WebSocket said; gone once CONNECT was read. */
  cookies: CookieCredentials | null = null;
  /** TLS came before INFO (`tls_first` of connz). */
  tlsFirst = false;
  readonly started = Date.now();
  readonly nonce = randomBytes(NONCE_BYTES).toString('base64url');
  readonly out: Outbound;
  readonly log: Logger;
  readonly subscriptions = new Map<string, Subscription>();

  options: ConnectOptions = defaultConnectOptions();
  /** Null until authenticated; afterwards never another one. */
  account: Account | null = null;
  user: Principal | null = null;
  /** Of the trusted proxy it came through; null = of none. */
  proxyKey: string | null = null;
  /** Null = everything is allowed. */
  permissions: CompiledPermissions | null = null;
  responsePermissions: ResponsePermissions | null = null;
  /** -1 = unlimited. */
  maxSubscriptions = -1;
  headers = false;
  /** Verbose or pedantic: each message needs an answer or a look. */
  chatty = true;
  rttNs = 0;
  /** Unix seconds at which the user's right ends; null = never. */
  expires: number | null = null;
  messagesIn = 0;
  bytesIn = 0;
  messagesOut = 0;
  bytesOut = 0;
  /** Of the last message in or out, in ms; a PING is none. */
  lastActivity = this.started;
  /** Times it was held back because somebody it publishes to could not keep up. */
  stalls = 0;
  /** Routes of subjects published to, by hash of their bytes. */
  plans: (Plan | undefined)[] = [];
  readonly planMask = PUBLISH_PLANS - 1;

  #transport: Transport;
  readonly #parser: Parser;
  #phase: Phase = 'new';
  #authTimer: NodeJS.Timeout | null = null;
  #heartbeat: Heartbeat | null = null;
  #cancelExpiry: () => void = () => {};
  #held = false;
  #firstPongSent = false;
  /** It is somebody without having sent CONNECT. */
  #unannounced = false;
  #flushedMessages = 0;

  constructor(broker: Broker, transport: Transport, id: number, offer: Offer) {
    this.id = id;
    this.broker = broker;
    broker.totalConnections++;
    this.offer = offer;
    this.#transport = transport;
    this.remoteAddress = transport.remoteAddress;
    this.remotePort = transport.remotePort;
    this.log = loggerOf(broker.log, id);
    this.#parser = new Parser(this, broker.limits.maxControlLine);
    this.#parser.maxPayload = broker.limits.maxPayload;
    this.out = new Outbound(transport, {
      maxPending: broker.limits.maxPending,
      onOverflow: () => this.drop('Slow Consumer (Pending Bytes)'),
      schedule: () => broker.scheduleFlush(this),
    });
    transport.open(this);
  }

  /** As the claims of a user name the way it came. */
  get type(): ConnectionType {
    return this.#transport.type;
  }

  get tls(): TlsState | null {
    return this.#transport.tls;
  }

  /** Of the TLS handshake, its chain verified; null where none was asked for. */
  get peerCertificate(): X509Certificate | null {
    return this.#transport.tls?.peerCertificate ?? null;
  }

  /** The first INFO. It leaves at once: what follows it may be a handshake of another layer. */
  greet(): void {
    this.send(infoLine(infoFor(this, false)));
    this.out.flush();
  }

  /** Its bytes go by another way from now on: TLS was agreed on. */
  moveTo(transport: Transport): void {
    this.#transport = transport;
    this.out.moveTo(transport);
    transport.open(this);
  }

  /** Waits for its CONNECT: only now, since a handshake of TLS has a time of its own (nats-server issue 432). */
  serve(): void {
    const timedOut = (): void => this.close('Authentication Timeout', 'Authentication Timeout');
    const { required } = entranceOf(this, this.broker.auth);
    this.#authTimer = required ? setTimeout(timedOut, this.broker.limits.authTimeoutMs) : null;
    if (!required) this.#heartbeat = startHeartbeat(this);
    this.#transport.read();
  }

  // What the transport tells.

  received(chunk: Buffer): void {
    try {
      this.#read(chunk);
    } catch (error) {
      this.broken(error);
    }
  }

  failed(reason: CloseReason, error: unknown): void {
    this.log.debug({ code: codeOf(error) }, 'transport error');
    this.drop(reason);
  }

  ended(reason: CloseReason, why: string): void {
    this.log.debug({ why }, 'transport ended');
    this.close(reason);
  }

  gone(): void {
    this.drop('Client Closed');
  }

  #read(chunk: Buffer): void {
    const before = this.messagesIn;
    this.#parser.feed(chunk);
    if (this.messagesIn !== before) this.lastActivity = Date.now();
  }

  /** Which of these users its certificate names; null = none of them, as where no certificate was asked for. */
  certificateUser(names: ReadonlySet<string>): string | null {
    const { peerCertificate } = this;
    return peerCertificate === null ? null : userOfCertificate(peerCertificate, names);
  }

  /** Messages of one turn are noted as activity once, when they leave. */
  flush(): void {
    if (this.messagesOut !== this.#flushedMessages) {
      this.#flushedMessages = this.messagesOut;
      this.lastActivity = Date.now();
    }
    this.out.flush();
  }

  /** It has shown that it reads what comes unasked, such as INFO at any time. */
  get readsInfo(): boolean {
    return this.options.protocol >= 1 && this.#firstPongSent;
  }

  get closed(): boolean {
    return this.#phase === 'closed';
  }

  get open(): boolean {
    return this.#phase === 'open';
  }

  send(bytes: Buffer): void {
    this.out.append(bytes);
  }

  sendError(text: string): void {
    this.send(errorLine(text));
  }

  /** A throw while serving one connection is a defect, which costs that connection. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.broken(error);
    }
  }

  broken(error: unknown): void {
    this.log.error({ code: codeOf(error), stack: stackOf(error) }, 'internal error, connection closed');
    this.drop('Internal Error');
  }

  // What the parser found.

  publish(publication: Publication): void {
    publish(this, publication);
  }

  subscribe(operation: Subscribe): void {
    subscribe(this, operation);
  }

  unsubscribe(operation: Unsubscribe): void {
    unsubscribe(this, operation);
  }

  ping(): void {
    this.send(PONG);
    this.#heartbeat?.sawPing();
    if (this.#firstPongSent) return;
    this.#firstPongSent = true;
    // From now on the client is known to read INFO at any time, and gets to know its account.
    if (this.options.protocol >= 1) this.send(infoLine(infoFor(this, true)));
  }

  /** What changed about the broker, for clients that are known to read INFO at any time. */
  informAgain(): void {
    if (this.#firstPongSent && this.options.protocol >= 1) this.send(infoLine(infoFor(this, true)));
  }

  pong(): void {
    this.#heartbeat?.sawPong();
  }

  info(json: Buffer): void {
    if (parseObject(json) === null) this.fault('arguments', 'INFO');
  }

  peerError(text: Buffer): void {
    this.log.debug({ text: printable(text.toString('utf8')) }, 'client sent -ERR');
    this.close('Client Closed');
  }

  fault(fault: Fault, detail: string): void {
    const { text, reason } = FAULTS[fault];
    this.log.debug({ fault, detail }, 'protocol fault');
    this.close(reason, text ?? undefined);
  }

  /** Where clients need not prove who they are, or may be nobody in particular, CONNECT need not come first (P12). */
  admit(): boolean {
    if (this.#phase !== 'new' || !mayBeginUnannounced(this)) return false;
    this.#unannounced = true;
    this.#begin();
    return !this.closed;
  }

  connect(json: Buffer): void {
    const options = parseConnect(json);
    // A second CONNECT could move the session to another account (nats-server commit d1cf0612a): it is an error.
    if (this.#phase !== 'new' && !(this.#phase === 'open' && this.#unannounced)) {
      this.fault('protocol', 'second CONNECT');
    } else if (options === null) {
      this.fault('arguments', 'CONNECT');
    } else {
      fillEmpty(options, this.cookies);
      this.cookies = null;
      // Without operators a JWT proves nothing (nats-server processConnect).
      if (this.broker.auth.realm.kind === 'config') options.jwt = '';
      this.options = options;
      this.headers = options.headers && !this.broker.limits.noHeaderSupport;
      this.chatty = options.verbose || options.pedantic;
      this.rttNs = Math.max(1, Date.now() - this.started) * 1e6;
      if (this.#unannounced) this.#announced();
      else this.#begin();
    }
  }

  #announced(): void {
    this.#unannounced = false;
    announce(this);
    if (this.closed) return;
    this.#forgetCredentials();
    this.#parser.headers = this.headers;
    if (this.options.verbose) this.send(OK);
  }

  #begin(): void {
    this.#phase = 'authenticating';
    this.#stopAuthTimer();
    const waiting = authenticate(this);
    if (waiting === null) {
      this.#authenticated();
      return;
    }
    this.#parser.pause();
    this.#transport.pause();
    waiting.then(
      () => this.guard(() => this.#authenticated()),
      (error: unknown) => this.broken(error),
    );
  }

  #authenticated(): void {
    if (this.#phase !== 'authenticating' || this.account === null) return;
    this.#phase = 'open';
    this.#heartbeat ??= startHeartbeat(this);
    this.#forgetCredentials();
    this.#parser.authenticated = true;
    this.#parser.headers = this.headers;
    if (this.options.verbose && !this.#unannounced) this.send(OK);
    this.#parser.resume();
    this.#transport.resume();
  }

  /** They have done their work; nothing that shows a connection may show secrets, or names that were not proven. */
  #forgetCredentials(): void {
    this.options.user = '';
    this.options.nkey = '';
    this.options.pass = '';
    this.options.auth_token = '';
    this.options.sig = '';
    this.options.proxy_sig = '';
  }

  // What the account decides.

  /** Binds who it was proven to be. */
  install(account: Account, user: Principal): void {
    this.account = account;
    this.user = user;
    account.connections.add(this);
    this.broker.observers.connected(this);
  }

  /** Unix seconds. */
  expiresAt(at: number): void {
    this.expires = at;
    this.#cancelExpiry = atTime(at, () => this.close('Authentication Expired', 'User Authentication Expired'));
  }

  setLimits(limits: { payload: number; subscriptions: number }): void {
    this.#parser.maxPayload = limits.payload;
    this.maxSubscriptions = limits.subscriptions;
  }

  get maxPayload(): number {
    return this.#parser.maxPayload;
  }

  setPermissions(permissions: CompiledPermissions | null): void {
    this.permissions = permissions;
    this.plans = [];
    const responses = permissions?.responses;
    this.responsePermissions = responses ? new ResponsePermissions(responses.max, responses.ttlNs) : null;
  }

  /** Called for each delivered message with a reply, when responses are permitted. */
  permitResponse(reply: string): void {
    if (this.permissions?.canPublish(reply) !== true) this.responsePermissions?.permit(reply);
  }

  endSubscription(subscription: Subscription): void {
    if (this.subscriptions.get(subscription.sid) === subscription) this.subscriptions.delete(subscription.sid);
    this.account?.unsubscribe(subscription);
  }

  /** Stops reading for a moment: somebody this connection publishes to cannot keep up. */
  holdBack(): void {
    if (this.#held || this.closed) return;
    this.#held = true;
    this.stalls++;
    this.broker.stalls++;
    this.#transport.pause();
    setTimeout(() => {
      this.#held = false;
      if (this.#phase === 'open') this.#transport.resume();
    }, STALL_MS).unref();
  }

  // The end.

  /** Ends it after what is owed has been written, an `-ERR` last if there is a text. */
  close(reason: CloseReason, text?: string): void {
    if (this.closed) return;
    if (text !== undefined) this.sendError(text);
    this.#leave(reason);
    this.out.close();
    this.#transport.end(reason);
    // Keeps reading, so that the peer gets the last bytes and not a reset, but not for long.
    this.#transport.resume();
    setTimeout(() => this.#transport.destroy(), LINGER_MS).unref();
  }

  /** Ends it at once; what is owed is lost. */
  drop(reason: CloseReason): void {
    if (this.closed) return;
    this.#leave(reason);
    this.out.discard();
    this.#transport.destroy();
  }

  #leave(reason: CloseReason): void {
    this.#phase = 'closed';
    this.#parser.stop();
    this.#stopAuthTimer();
    this.#heartbeat?.stop();
    this.#cancelExpiry();
    this.broker.connections.delete(this.id);
    addTraffic(this.broker.endedTraffic, this);
    const { account } = this;
    if (account !== null) {
      account.connections.delete(this);
      addTraffic(account.endedTraffic, this);
      account.unsubscribeAll([...this.subscriptions.values()]);
    }
    this.broker.observers.closed(this, reason);
    this.subscriptions.clear();
    this.plans = [];
    this.log.info({ reason, account: account?.id, user: this.user?.id }, 'connection closed');
  }

  #stopAuthTimer(): void {
    if (this.#authTimer !== null) clearTimeout(this.#authTimer);
    this.#authTimer = null;
  }
}

function loggerOf(log: Logger, cid: number): Logger {
  return {
    debug: (fields, message) => log.debug({ cid, ...fields }, message),
    info: (fields, message) => log.info({ cid, ...fields }, message),
    warn: (fields, message) => log.warn({ cid, ...fields }, message),
    error: (fields, message) => log.error({ cid, ...fields }, message),
  };
}
