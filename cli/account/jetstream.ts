import { noJetStream } from '../../claims/jwt/new.js';
import type { AccountLimits, JetStreamLimits } from '../../claims/types.js';
import { cliError, usageError } from '../errors.js';

/** What changes of an account's JetStream. Tier 0 is the limits of all replication factors together, tier N those of `RN`. */
export interface JetStreamEdit {
  /** Which tier `limits` are for. */
  tier?: number | undefined;
  limits: { [name in keyof JetStreamLimits]?: JetStreamLimits[name] | undefined };
  removeTier?: number | undefined;
  /** Unlimited storage in this tier. */
  enable?: number | undefined;
  /** Off, with every limit of it. */
  disable?: true | undefined;
}

const UNLIMITED_COUNTS: Partial<JetStreamLimits> = {
  streams: -1,
  consumer: -1,
  max_ack_pending: -1,
  mem_max_stream_bytes: -1,
  disk_max_stream_bytes: -1,
};

/** An account has limits for all tiers together or by tier, not both (jwt v2 `OperatorLimits.Validate`). */
export function editJetStream(limits: AccountLimits, edit: JetStreamEdit): AccountLimits {
  const wanted = Object.entries(edit.limits).filter(([, value]) => value !== undefined);
  refuseTogether(edit, wanted.length > 0);
  if (edit.disable) return { ...limits, ...noJetStream(), tiered_limits: new Map() };
  if (edit.removeTier !== undefined) return removeTier(limits, edit.removeTier);
  if (edit.enable !== undefined) {
    if (hasTier(limits, edit.enable)) {
      throw cliError('ERR_JETSTREAM_TIERS', `JetStream is on already for ${tierName(edit.enable)}`, {
        hint: 'change its limits with --js-tier and --js-disk-storage, --js-mem-storage, ...',
      });
    }
    return setTier(limits, edit.enable, { ...noJetStream(), mem_storage: -1, disk_storage: -1 });
  }
  if (wanted.length === 0) return limits;
  const tier = edit.tier ?? 0;
  // A tier that is new has no limits but the storage, which has to be given.
  const before = readTier(limits, tier) ?? { ...noJetStream(), ...UNLIMITED_COUNTS };
  return setTier(limits, tier, { ...before, ...Object.fromEntries(wanted) });
}

function refuseTogether(edit: JetStreamEdit, hasLimits: boolean): void {
  const given = [
    ...(edit.disable ? ['--js-disable'] : []),
    ...(edit.removeTier !== undefined ? ['--rm-js-tier'] : []),
    ...(edit.enable !== undefined ? ['--js-enable'] : []),
    ...(hasLimits || edit.tier !== undefined ? ['limits of JetStream'] : []),
  ];
  if (given.length > 1) throw usageError(`${given.join(' and ')} do not go together`, 'give them one after another');
  if (edit.tier !== undefined && !hasLimits) {
    throw usageError('--js-tier needs a limit to set, like --js-disk-storage');
  }
}

function setTier(limits: AccountLimits, tier: number, wanted: JetStreamLimits): AccountLimits {
  if (tier === 0) {
    if (limits.tiered_limits.size === 0) return { ...limits, ...wanted };
    throw tiersError(`the account has JetStream limits by tier (${[...limits.tiered_limits.keys()].join(', ')})`);
  }
  if (hasJetStreamLimits(limits)) throw tiersError('the account has JetStream limits for all tiers together');
  return { ...limits, tiered_limits: new Map([...limits.tiered_limits, [tierName(tier), wanted]]) };
}

function removeTier(limits: AccountLimits, tier: number): AccountLimits {
  if (!hasTier(limits, tier)) {
    throw cliError('ERR_ENTRY_UNKNOWN', `there are no JetStream limits of ${tierName(tier)} to remove`, {
      hint: `there are: ${[...limits.tiered_limits.keys()].join(', ') || (hasTier(limits, 0) ? 'those of tier 0' : 'none')}`,
    });
  }
  if (tier === 0) return { ...limits, ...noJetStream() };
  return { ...limits, tiered_limits: new Map([...limits.tiered_limits].filter(([name]) => name !== tierName(tier))) };
}

function readTier(limits: AccountLimits, tier: number): JetStreamLimits | undefined {
  if (tier !== 0) return limits.tiered_limits.get(tierName(tier));
  return hasJetStreamLimits(limits) ? limits : undefined;
}

function hasTier(limits: AccountLimits, tier: number): boolean {
  return readTier(limits, tier) !== undefined;
}

function tierName(tier: number): string {
  return tier === 0 ? 'all tiers' : `R${tier}`;
}

function tiersError(message: string): Error {
  return cliError('ERR_JETSTREAM_TIERS', `${message}; limits are for all tiers together or by tier, not both`, {
    hint: 'take the others away first, with --rm-js-tier or --js-disable',
  });
}

export function hasJetStream(limits: AccountLimits): boolean {
  return limits.tiered_limits.size > 0 || hasJetStreamLimits(limits);
}

export function hasJetStreamLimits(limits: JetStreamLimits): boolean {
  return (Object.keys(noJetStream()) as (keyof JetStreamLimits)[]).some((name) => Number(limits[name]) !== 0);
}
