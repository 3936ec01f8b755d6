/** Parts of an account's claims that are changed as a whole: limits, default permissions, auth callout, tracing, mappings. */
import { NatsctlError } from '../../claims/errors.js';
import { noJetStream } from '../../claims/jwt/new.js';
import type {
  AccountClaims,
  AccountData,
  AccountLimits,
  JetStreamLimits,
  MsgTrace,
  WeightedMapping,
} from '../../claims/types.js';
import { type ClaimsEdit, type EditedClaims, editClaims } from '../accounts/edit-claims.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import type { Service } from '../service.js';
import type { ShareChange } from './exports.js';

export type LimitsPatch = Partial<Omit<AccountLimits, 'tiered_limits'>> & {
  tiered_limits?: Record<string, Partial<JetStreamLimits> | null>;
};

/** What is not there stays as it is. */
type Settings = Partial<Omit<AccountData, 'trace'>> & { trace?: MsgTrace | undefined };

/** Changes fields of an account's claims by a function of them. */
export async function editSettings(
  service: Service,
  { account, ifMatch, actor }: ShareChange,
  edit: (before: AccountClaims) => Settings,
  judge?: ClaimsEdit['judge'],
): Promise<EditedClaims> {
  return change(service, actor, (tx) =>
    editClaims(service, tx, {
      account,
      actor,
      edit(before, stored) {
        requireMatch(ifMatch, stored);
        const { trace, ...nats } = { ...before.nats, ...edit(before) };
        return { ...before, nats: { ...nats, ...(trace && { trace }) } };
      },
      ...(judge && { judge }),
    }),
  );
}

/** Tiers are changed one by one; both they and flat JetStream limits are refused by claims/validate. */
export function patchedLimits(before: AccountLimits, { tiered_limits: tiers = {}, ...flat }: LimitsPatch) {
  const after = new Map(before.tiered_limits);
  for (const [name, tier] of Object.entries(tiers)) {
    if (tier === null) after.delete(name);
    else after.set(name, { ...(after.get(name) ?? noJetStream()), ...tier });
  }
  return { ...before, ...flat, tiered_limits: after };
}

export function tracingOf({ name, sub, nats }: AccountClaims): MsgTrace {
  if (nats.trace) return nats.trace;
  throw new NatsctlError<ServiceErrorCode>('ERR_TRACING_OFF', `account ${name ?? sub} sends no traces`, {
    hint: 'say where they are to go: PUT',
    details: { account: sub },
  });
}

export function mappingOf({ name, sub, nats }: AccountClaims, subject: string): WeightedMapping[] {
  const found = nats.mappings.get(subject);
  if (found) return found;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_MAPPING_UNKNOWN',
    `account ${name ?? sub} does not map ${JSON.stringify(subject)}`,
    { details: { account: sub } },
  );
}
