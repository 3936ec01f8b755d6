import type { AccountClaims, WeightedMapping } from '../../claims/types.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import { type ChangeReport, newWarnings } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { chooseAccount, type Workspace } from '../workspace.js';

export interface MappingChanged extends ChangeReport {
  account: string;
  accountKey: string;
  from: string;
  /** All destinations of `from`, as they are now. */
  to: WeightedMapping[];
}

export interface WantedMapping {
  account?: string | undefined;
  from: string;
  to: string;
  /** Percent; undefined = all of it. */
  weight?: number | undefined;
  cluster?: string | undefined;
}

/** Adds a destination, or gives the one that is there (for the same cluster) another weight. */
export function putMapping(
  workspace: Workspace,
  wanted: WantedMapping,
  options: ChangeOptions,
): Promise<MappingChanged> {
  const { to, weight, cluster } = wanted;
  const entry: WeightedMapping = { subject: to, ...(weight !== undefined && { weight }), ...(cluster && { cluster }) };
  return changeMapping(workspace, wanted, options, (list) => {
    const at = list.findIndex((one) => isDestination(one, to, cluster));
    return at < 0 ? [...list, entry] : list.with(at, entry);
  });
}

export interface MappingsChanged extends ChangeReport {
  account: string;
  accountKey: string;
  mappings: { from: string; to: WeightedMapping[] }[];
}

/** Maps each subject as it is given, whatever it was mapped to before; other subjects stay. */
export async function putMappings(
  workspace: Workspace,
  wanted: { account?: string | undefined; mappings: ReadonlyMap<string, WeightedMapping[]> },
  options: ChangeOptions,
): Promise<MappingsChanged> {
  let name = '';
  const change = await changeAccount(workspace, wanted.account, options, (claims, account) => {
    name = account.name;
    return [...wanted.mappings].reduce((changed, [from, list]) => withMapping(changed, from, list), claims);
  });
  const mappings = [...wanted.mappings.keys()].map((from) => ({
    from,
    to: change.after.nats.mappings.get(from) ?? [],
  }));
  const warnings = newWarnings(change, workspace.now);
  return { account: name, accountKey: change.before.sub, mappings, ...changeResult(change), warnings };
}

/** Removes a destination of a subject, or without `to` all of them. */
export function deleteMapping(
  workspace: Workspace,
  wanted: { account?: string | undefined; from: string; to?: string | undefined; cluster?: string | undefined },
  options: ChangeOptions,
): Promise<MappingChanged> {
  const { from, to, cluster } = wanted;
  return changeMapping(workspace, wanted, options, (list, account) => {
    const gone = list.filter(
      (one) => (to === undefined || one.subject === to) && (cluster === undefined || (one.cluster ?? '') === cluster),
    );
    if (gone.length === 0) {
      const known = list.map(shown).join(', ');
      throw cliError(
        'ERR_MAPPING_UNKNOWN',
        `account ${account} does not map ${from}${to === undefined ? '' : ` to ${to}`}`,
        {
          hint: known === '' ? 'see `natsctl mapping list`' : `it maps ${from} to: ${known}`,
          details: { account, from, to },
        },
      );
    }
    if (to !== undefined && gone.length > 1) {
      throw cliError('ERR_MAPPING_AMBIGUOUS', `account ${account} maps ${from} to ${to} in several clusters`, {
        hint: "say which with --cluster; --cluster '' is the one for all clusters",
        details: { account, from, to },
      });
    }
    return list.filter((one) => !gone.includes(one));
  });
}

export async function listMappings(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const mappings = [...claims.nats.mappings].map(([from, to]) => ({ from, to }));
  return { account: account.name, accountKey: claims.sub, mappings };
}

async function changeMapping(
  workspace: Workspace,
  { account: nameOrKey, from }: { account?: string | undefined; from: string },
  options: ChangeOptions,
  edit: (list: WeightedMapping[], account: string) => WeightedMapping[],
): Promise<MappingChanged> {
  let name = '';
  const change = await changeAccount(workspace, nameOrKey, options, (claims, account) => {
    name = account.name;
    return withMapping(claims, from, edit(claims.nats.mappings.get(from) ?? [], account.name));
  });
  const { before, after } = change;
  const to = after.nats.mappings.get(from) ?? [];
  const warnings = newWarnings(change, workspace.now);
  return { account: name, accountKey: before.sub, from, to, ...changeResult(change), warnings };
}

function withMapping(claims: AccountClaims, from: string, list: WeightedMapping[]): AccountClaims {
  const mappings = new Map(claims.nats.mappings);
  if (list.length === 0) mappings.delete(from);
  else mappings.set(from, list);
  return { ...claims, nats: { ...claims.nats, mappings } };
}

function isDestination(one: WeightedMapping, to: string, cluster: string | undefined): boolean {
  return one.subject === to && (one.cluster ?? '') === (cluster ?? '');
}

function shown({ subject, cluster }: WeightedMapping): string {
  return cluster ? `${subject} (cluster ${cluster})` : subject;
}
