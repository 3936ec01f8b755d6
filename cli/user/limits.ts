import { secondsOfDay } from '../../claims/trust/times.js';
import type { TimeRange, UserPermissionLimits } from '../../claims/types.js';
import { editList, editSortedList, type ListEdit } from '../change/list.js';
import { cliError } from '../errors.js';
import { editPermissions, type PermissionEdit } from '../permission/edit.js';

/** What changes of a user's permissions and limits, or of those of a role's template. */
export interface LimitEdit {
  permissions: PermissionEdit;
  /** -1 = unlimited. */
  subs?: number | undefined;
  data?: number | undefined;
  payload?: number | undefined;
  bearer?: boolean | undefined;
  proxyRequired?: boolean | undefined;
  times: TimeRange[];
  /** By start (`08:00:00`) or whole (`08:00:00-17:00:00`). */
  removeTimes: string[];
  /** Time zone of the times; empty = the server's own. */
  locale?: string | undefined;
  sourceNetworks: ListEdit;
  connectionTypes: ListEdit;
}

export function editLimits<L extends UserPermissionLimits>(limits: L, edit: LimitEdit): L {
  const { bearer_token, proxy_required, times_location, ...rest } = editPermissions(limits, edit.permissions);
  const bearer = edit.bearer ?? bearer_token;
  const proxy = edit.proxyRequired ?? proxy_required;
  const locale = edit.locale ?? times_location;
  return {
    ...rest,
    subs: edit.subs ?? limits.subs,
    data: edit.data ?? limits.data,
    payload: edit.payload ?? limits.payload,
    src: editSortedList(limits.src, edit.sourceNetworks, 'source network'),
    times: editTimes(limits.times, edit),
    ...(locale && { times_location: locale }),
    ...(bearer && { bearer_token: bearer }),
    ...(proxy && { proxy_required: proxy }),
    allowed_connection_types: editConnectionTypes(limits.allowed_connection_types, edit.connectionTypes),
  } as unknown as L;
}

function editConnectionTypes(types: readonly string[], { add, remove }: ListEdit): string[] {
  const asHeld = (wanted: string) => types.find((type) => type.toUpperCase() === wanted.toUpperCase()) ?? wanted;
  return editList(types, { add, remove: remove.map(asHeld) }, 'connection type');
}

function editTimes(times: readonly TimeRange[], { times: added, removeTimes }: LimitEdit): TimeRange[] {
  const kept = [...times];
  for (const wanted of removeTimes) {
    const [start = '', end] = wanted.split('-');
    const at = kept.findIndex(
      (range) => sameTime(range.start, start) && (end === undefined || sameTime(range.end, end)),
    );
    if (at === -1) {
      throw cliError('ERR_ENTRY_UNKNOWN', `there is no time range ${wanted} to remove`, {
        hint: `there is: ${times.map((range) => `${range.start}-${range.end}`).join(', ') || 'none'}`,
        details: { entry: wanted },
      });
    }
    kept.splice(at, 1);
  }
  for (const range of added) {
    if (!kept.some(({ start, end }) => sameTime(start, range.start) && sameTime(end, range.end))) kept.push(range);
  }
  return kept;
}

function sameTime(a: string, b: string): boolean {
  return a === b || (secondsOfDay(a) !== null && secondsOfDay(a) === secondsOfDay(b));
}
