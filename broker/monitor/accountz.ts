import { validate } from '../../claims/validate/validate.js';
import type { Account } from '../account/account.js';
import type { AccountImport } from '../account/imports.js';
import type { Broker } from '../broker.js';
import { fromWire } from '../protocol/text.js';
import { unixNow } from '../timer.js';
import { claimsPayload } from './claims-payload.js';
import { refuseOptions } from './options.js';
import { sublistStats } from './sublist-stats.js';

/** nats-server's Accountz: the accounts in memory, or one of them. @throws MonitoringError */
export function accountz(broker: Broker, name: string): object {
  const head = {
    server_id: broker.serverId,
    now: new Date().toISOString(),
    system_account: broker.accounts.systemAccount?.id,
  };
  if (name === '') return { ...head, accounts: [...broker.accounts.all()].map(({ id }) => id) };
  return { ...head, account_detail: accountInfo(broker, name) };
}

/** nats-server's AccountInfo. @throws MonitoringError */
export function accountInfo(broker: Broker, name: string): object {
  const account = broker.accounts.get(name);
  if (account === undefined) throw refuseOptions(`Account ${name} does not exist`);
  const { claims, token } = account.verified;
  const { nats } = claims;
  const imports = [...account.streamImports, ...account.serviceImports].map(shownImport);
  const issues = token === '' ? [] : validate(claims, unixNow());
  return {
    account_name: account.id,
    update_time: new Date(account.updatedAt).toISOString(),
    is_system: account.isSystem || undefined,
    expired: account.expired,
    complete: !account.incomplete,
    jetstream_enabled: false,
    leafnode_connections: 0,
    client_connections: account.connections.size,
    subscriptions: account.inserts - account.removes,
    mappings: nats.mappings.size === 0 ? undefined : Object.fromEntries(nats.mappings),
    exports: nats.exports.length === 0 ? undefined : shownExports(account),
    imports: imports.length === 0 ? undefined : imports,
    jwt: token || undefined,
    issuer_key: claims.iss || undefined,
    name_tag: account.name || undefined,
    tags: nats.tags !== undefined && nats.tags.length > 0 ? nats.tags : undefined,
    decoded_jwt: claimsPayload(token),
    validation_result_jwt:
      issues.length === 0
        ? undefined
        : issues.map(({ message, level }) => ({
            description: message,
            blocking: level === 'error',
            time_check: level === 'time',
          })),
    revoked_user: shownRevocations(nats.revocations),
    sublist_stats: sublistStats([account]),
  };
}

/** Services first, as nats-server lists them. */
function shownExports({ verified }: Account): object[] {
  const { exports } = verified.claims.nats;
  const sorted = [...exports].sort((a, b) => Number(a.type === 'stream') - Number(b.type === 'stream'));
  return sorted.map((each) => ({
    subject: each.subject,
    type: each.type,
    token_req: each.token_req || undefined,
    response_type: each.type === 'service' ? (each.response_type ?? 'Singleton') : undefined,
    service_latency: each.service_latency,
    revoked_activations: shownRevocations(each.revocations),
  }));
}

function shownImport(each: AccountImport): object {
  const local = fromWire(each.local);
  return {
    subject: fromWire(each.remote),
    account: each.exporter.id,
    to: each.kind === 'service' ? local : undefined,
    local_subject: local,
    type: each.kind,
    invalid: !each.active,
    share: each.claim.share === true,
    tracking: false,
  };
}

function shownRevocations(revocations: ReadonlyMap<string, number>): Record<string, string> | undefined {
  if (revocations.size === 0) return undefined;
  return Object.fromEntries([...revocations].map(([key, at]) => [key, isoSeconds(at)]));
}

/** A JWT may name any time; what is beyond the calendar is shown as its end. */
function isoSeconds(unixSeconds: number): string {
  const date = new Date(Math.min(unixSeconds, LAST_SECOND) * 1000);
  return date.toISOString().replace('.000', '');
}

/** 9999-12-31T23:59:59Z, the last that RFC 3339 can write. */
const LAST_SECOND = 253_402_300_799;
