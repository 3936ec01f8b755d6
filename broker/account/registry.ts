import { droppedRevocations, type Revocation } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import type { BrokerLimits } from '../broker.js';
import { MAX_ACCOUNTS, MAX_IMPORT_SEARCH, MAX_PARALLEL_FETCHES, RETRY_EXPORTERS_MS } from '../limits.js';
import { codeOf, type Logger } from '../log.js';
import type { Observers } from '../observer.js';
import type { AccountSource, AccountStore } from '../resolver/source.js';
import { unixNow } from '../timer.js';
import { Account } from './account.js';
import { applyClaims, expireAccount, isExpired } from './apply.js';
import { linkImports, unlinkImports } from './link.js';

export interface RegistryOptions {
  source: AccountSource;
  trusted: TrustedOperators;
  systemAccount: string | null;
  limits: BrokerLimits;
  /** Empty when there is none. */
  clusterName: string;
  log: Logger;
  /** A new account object, before anybody can use it: the place to give it its services. */
  onAccount: (account: Account) => void;
  observers: Observers;
}

export type UpdateResult = 'updated' | 'unchanged' | 'not loaded';

/**
 * The accounts in memory. One that is not there is fetched, once however many ask; once there it stays usable while the
 * source is away. Every JWT passes `verifyAccount`, wherever it came from, and never replaces a newer one.
 */
export class AccountRegistry {
  readonly #options: RegistryOptions;
  readonly #accounts = new Map<string, Account>();
  /** Fetched and installed, its exporters not asked for yet. */
  readonly #fetching = new Map<string, Promise<Account>>();
  readonly #loading = new Map<string, Promise<Account>>();
  /** Exporter id -> accounts whose claims import from it, allowed or not. */
  readonly #importers = new Map<string, Set<Account>>();
  readonly #system = (): Account | undefined => this.systemAccount;

  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  all(): Iterable<Account> {
    return this.#accounts.values();
  }

  get systemAccount(): Account | undefined {
    const { systemAccount } = this.#options;
    return systemAccount === null ? undefined : this.#accounts.get(systemAccount);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Where this process keeps accounts itself. */
  get store(): AccountStore | undefined {
    return this.#options.source.store;
  }

  get resolver(): AccountSource['kind'] {
    return this.#options.source.kind;
  }

  /** A system account that nobody has yet: its identity key lets whoever holds it in, to push the real one (nats-server's bootstrap). */
  bootstrap(verified: VerifiedAccount): void {
    this.#install(verified);
  }

  /** The account, at once when it is in memory and its JWT holds. @throws ERR_ACCOUNT_… */
  lookup(id: string): Account | Promise<Account> {
    const known = this.#accounts.get(id);
    if (known === undefined || isExpired(known)) return this.#loadOnce(id);
    if (known.incomplete) this.#retryExporters(known);
    return known;
  }

  /** In the background: an exporter that was not to be had may be by now, even if nobody connects there. */
  #retryExporters(account: Account): void {
    if (Date.now() - account.exportersAsked < RETRY_EXPORTERS_MS) return;
    this.#loadExporters(account).catch((error: unknown) => {
      this.#options.log.error({ code: codeOf(error), account: account.id }, 'exporting accounts not loaded');
    });
  }

  #loadOnce(id: string): Promise<Account> {
    return once(this.#loading, id, async () => {
      const account = await this.#fetchOnce(id);
      await this.#loadExporters(account);
      return account;
    });
  }

  #fetchOnce(id: string): Promise<Account> {
    return once(this.#fetching, id, async () => this.#install(await this.#fetch(id)));
  }

  async #fetch(id: string): Promise<VerifiedAccount> {
    const { source, trusted } = this.#options;
    let token: string | null;
    try {
      token = await source.fetch(id);
    } catch (error) {
      throw new NatsctlError('ERR_ACCOUNT_UNAVAILABLE', `account ${id} cannot be fetched (${codeOf(error)})`, {
        hint: 'check that the resolver is up; accounts already in use keep working',
        cause: error,
      });
    }
    if (token === null) {
      throw new NatsctlError('ERR_ACCOUNT_UNKNOWN', `the resolver has no account ${id}`, {
        hint: 'push the account to the resolver',
      });
    }
    const verified = verifyAccount(token, trusted, { now: unixNow(), subject: id });
    await this.#keepFound(id, token);
    return verified;
  }

  /** What another resolver had is kept for the next time. */
  async #keepFound(id: string, token: string): Promise<void> {
    const { source, log } = this.#options;
    try {
      if (source.store !== undefined && (await source.store.read(id)) !== token) await source.store.keep(id, token);
    } catch (error) {
      log.warn({ code: codeOf(error), account: id }, 'account not kept');
    }
  }

  /** Accounts that stand in the configuration: they are there at once, and never fetched. */
  define(accounts: readonly VerifiedAccount[]): void {
    for (const each of accounts) this.#install(each, { confirmed: true });
  }

  /** Takes verified claims into use: for a new account, or for one in memory. */
  #install(verified: VerifiedAccount, { confirmed = false } = {}): Account {
    const { systemAccount, onAccount } = this.#options;
    const id = verified.claims.sub;
    let account = this.#accounts.get(id);
    if (account === undefined) {
      this.#makeRoom();
      account = new Account(id, verified, id === systemAccount, this.#system);
      onAccount(account);
      this.#accounts.set(id, account);
    } else {
      if (!confirmed) refuseOlder(account.verified.claims, verified.claims);
    }
    this.#indexImports(account, verified);
    applyClaims(account, verified, this.#options);
    this.#link(account);
    // Accounts that import from it may now be allowed, or no longer.
    for (const importer of this.#importers.get(id) ?? []) this.#link(importer);
    this.#options.observers.accountChanged(account);
    return account;
  }

  #link(account: Account): void {
    linkImports(account, (id) => this.#accounts.get(id), unixNow(), this.#options.log);
  }

  #indexImports(account: Account, verified: VerifiedAccount): void {
    for (const { account: exporter } of account.verified.claims.nats.imports) {
      this.#importers.get(exporter)?.delete(account);
    }
    for (const { account: exporter } of verified.claims.nats.imports) {
      const importers = this.#importers.get(exporter);
      if (importers === undefined) this.#importers.set(exporter, new Set([account]));
      else importers.add(account);
    }
  }

  /** Loads the accounts it imports from, and those they import from; `#install` links each as it comes. */
  async #loadExporters(account: Account): Promise<void> {
    account.exportersAsked = Date.now();
    const asked = new Set<string>([account.id]);
    let level = [account];
    while (level.length > 0 && asked.size < MAX_IMPORT_SEARCH) {
      const wanted = new Set<string>();
      for (const each of level) {
        for (const { account: id } of each.verified.claims.nats.imports) {
          if (!asked.has(id) && this.#accounts.get(id) === undefined) wanted.add(id);
          asked.add(id);
        }
      }
      level = await this.#fetchAll([...wanted].slice(0, MAX_IMPORT_SEARCH));
    }
  }

  async #fetchAll(ids: string[]): Promise<Account[]> {
    const loaded: Account[] = [];
    const next = ids.values();
    const worker = async (): Promise<void> => {
      for (const id of next) {
        try {
          loaded.push(await this.#fetchOnce(id));
        } catch (error) {
          this.#options.log.warn({ code: codeOf(error), account: id }, 'exporting account not available');
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL_FETCHES, ids.length) }, worker));
    return loaded;
  }

  /**
   * Applies an announced JWT to live connections. What is not in memory is left to be fetched when it is needed, unless the
   * source is this process's own. @throws ERR_ACCOUNT_…
   */
  async update(announced: Decoded<AccountClaims>): Promise<{ id: string; result: UpdateResult }> {
    const { source, trusted } = this.#options;
    const verified = verifyAccount(announced, trusted, { now: unixNow() });
    const { token } = verified;
    const id = verified.claims.sub;
    // A fetch under way may bring the JWT from before this one: let it end first.
    await this.#fetching.get(id)?.catch(() => {});
    const account = this.#accounts.get(id);
    if (account === undefined) return { id, result: await this.#keepUnloaded(verified) };
    if (account.verified.token === token && !account.incomplete && !account.expired) return { id, result: 'unchanged' };
    const confirmed = await this.#isConfirmed(account, verified);
    if (!confirmed) refuseOlder(account.verified.claims, verified.claims);
    // First where it stays, then here: what is acknowledged is there after a crash.
    await source.store?.keep(id, token);
    this.#install(verified, { confirmed });
    // New imports may name accounts that are not here yet; nobody waits for them.
    account.exportersAsked = 0;
    this.#retryExporters(account);
    return { id, result: 'updated' };
  }

  /** Of an account that nobody uses here: by the same rules, against the JWT that is kept. A cache keeps only what is used. */
  async #keepUnloaded({ claims, token }: VerifiedAccount): Promise<UpdateResult> {
    const { kind, store } = this.#options.source;
    if (store === undefined || kind === 'cache') return 'not loaded';
    const held = await store.read(claims.sub);
    if (held === token) return 'unchanged';
    const before = held === null ? null : readableClaims(held);
    if (before !== null) {
      refuseOlder(before, claims);
      refuseDropped(claims.sub, droppedRevocations(before.nats.revocations, claims.nats.revocations));
    }
    await store.keep(claims.sub, token);
    return 'updated';
  }

  /** Ends an account: its clients leave, and it is there again only when the source has it. True when it was in memory. */
  async remove(id: string): Promise<boolean> {
    const { source } = this.#options;
    await source.store?.drop(id);
    // A fetch under way may bring it from before its deletion.
    await this.#fetching.get(id)?.catch(() => {});
    const account = this.#accounts.get(id);
    if (account === undefined) return false;
    expireAccount(account);
    this.#forget(account);
    for (const importer of this.#importers.get(id) ?? []) this.#link(importer);
    return true;
  }

  /**
   * A JWT that lets revoked users back in, or is older than the one in use, is not believed on the word of whoever announced it:
   * only when the resolver, which refuses to drop revocations and knows what a push was made from, holds it too
   * (ARCHITECTURE.md: two writers never undo each other).
   */
  async #isConfirmed(account: Account, verified: VerifiedAccount): Promise<boolean> {
    for (;;) {
      const before = account.verified;
      const dropped = droppedRevocations(before.claims.nats.revocations, verified.claims.nats.revocations);
      if (dropped.length === 0 && verified.claims.iat >= before.claims.iat) return false;
      const held = await this.#options.source.fetch(account.id);
      // Another announcement may have been taken meanwhile; then it is that one which this would replace.
      if (account.verified !== before) continue;
      if (held === verified.token) return true;
      refuseDropped(account.id, dropped);
      return false;
    }
  }

  /** Takes over what changed in the store by other hands than these: whoever may write there is its owner. */
  async rescan(): Promise<void> {
    const { source, trusted, log } = this.#options;
    for (const id of (await source.store?.rescan()) ?? []) {
      if (this.#accounts.get(id) === undefined) continue;
      try {
        const token = await source.store?.read(id);
        if (token) this.#install(verifyAccount(token, trusted, { now: unixNow(), subject: id }), { confirmed: true });
      } catch (error) {
        log.error({ code: codeOf(error), account: id }, 'the account JWT in the store cannot be used');
      }
    }
  }

  /** At the bound, an account that nobody uses gives way. */
  #makeRoom(): void {
    if (this.#accounts.size < MAX_ACCOUNTS) return;
    for (const account of this.#accounts.values()) {
      const idle = account.connections.size === 0 && !account.isSystem && !this.#importers.get(account.id)?.size;
      if (!idle) continue;
      this.#forget(account);
      return;
    }
    throw new NatsctlError('ERR_ACCOUNT_CAPACITY', `all ${MAX_ACCOUNTS} accounts in memory are in use`);
  }

  #forget(account: Account): void {
    this.#accounts.delete(account.id);
    unlinkImports(account);
    for (const { account: exporter } of account.verified.claims.nats.imports) {
      this.#importers.get(exporter)?.delete(account);
    }
    account.cancelExpiry();
    account.responses?.close();
    this.#options.observers.accountChanged(account);
  }

  close(): void {
    this.#closed = true;
    for (const account of this.#accounts.values()) this.#forget(account);
    this.#options.source.close();
  }
}

/** Runs `work` for an id unless it is running already; then its result is shared. */
function once<T>(running: Map<string, Promise<T>>, id: string, work: () => Promise<T>): Promise<T> {
  const known = running.get(id);
  if (known !== undefined) return known;
  const started = work().finally(() => running.delete(id));
  running.set(id, started);
  return started;
}

/** A JWT never gives way to one issued before it: an old one could bring back what was revoked since. */
function refuseOlder({ sub: account, iat: held }: AccountClaims, { iat }: AccountClaims): void {
  if (iat >= held) return;
  throw new NatsctlError(
    'ERR_ACCOUNT_OLDER',
    `account ${account}: the JWT (iat ${iat}) is older than the one in use (iat ${held})`,
    {
      hint: 'pull the account, make the change again and push it',
      details: { account, iat, held },
    },
  );
}

function refuseDropped(account: string, dropped: readonly Revocation[]): void {
  if (dropped.length === 0) return;
  throw new NatsctlError(
    'ERR_ACCOUNT_REVOCATION_DROPPED',
    `account ${account}: the announced JWT lacks ${dropped.length} revocations, and the resolver holds another one`,
    { hint: 'pull the account, make the change again and push it to the resolver', details: { dropped } },
  );
}

/** Null for what was damaged: it is no reason to refuse a sound one. */
function readableClaims(token: string): AccountClaims | null {
  try {
    return decodeAs('account', token).claims;
  } catch {
    return null;
  }
}
