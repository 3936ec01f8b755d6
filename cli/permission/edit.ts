import type { Permissions } from '../../claims/types.js';
import { editSortedList, type ListEdit, notThere, refuseBoth } from '../change/list.js';
import { usageError } from '../errors.js';

/** What changes of permissions: of a user, of a role's template, or of an account's defaults. */
export interface PermissionEdit {
  allowPub: ListEdit;
  allowSub: ListEdit;
  denyPub: ListEdit;
  denySub: ListEdit;
  /** Taken out of whichever of the four lists hold it. */
  remove: string[];
  /** Messages a request may be answered with; -1 = unlimited. */
  responses?: number | undefined;
  /** Nanoseconds. */
  responseTtl?: number | undefined;
  removeResponses?: true | undefined;
}

const LISTS = [
  ['pub', 'allow', 'allowPub', 'publish permission'],
  ['sub', 'allow', 'allowSub', 'subscribe permission'],
  ['pub', 'deny', 'denyPub', 'publish denial'],
  ['sub', 'deny', 'denySub', 'subscribe denial'],
] as const;

export function editPermissions<P extends Permissions>(permissions: P, edit: PermissionEdit): P {
  const held = LISTS.flatMap(([side, list]) => permissions[side][list]);
  const absent = edit.remove.find((entry) => !held.includes(entry));
  if (absent !== undefined) throw notThere(absent, 'permission', [...new Set(held)]);

  const edited = { ...permissions, pub: { ...permissions.pub }, sub: { ...permissions.sub } };
  for (const [side, list, name, what] of LISTS) {
    refuseBoth(edit[name].add, edit.remove, what);
    const before = permissions[side][list];
    const removed = edit.remove.filter((entry) => before.includes(entry));
    edited[side][list] = editSortedList(before, { ...edit[name], remove: [...edit[name].remove, ...removed] }, what);
  }
  return editResponses(edited, edit);
}

function editResponses<P extends Permissions>(permissions: P, edit: PermissionEdit): P {
  const { responses, responseTtl, removeResponses } = edit;
  if (responses === undefined && responseTtl === undefined && !removeResponses) return permissions;
  const { resp = { max: 0, ttl: 0 }, ...rest } = permissions;
  if (!removeResponses) {
    return { ...permissions, resp: { max: responses ?? resp.max, ttl: responseTtl ?? resp.ttl } };
  }
  if (responses !== undefined || responseTtl !== undefined) {
    throw usageError('--rm-response-perms does not go with --allow-pub-response or --response-ttl');
  }
  return rest as unknown as P;
}

/** An allow list that lost its last entry allows everything: what was taken away became more. */
export function openedLists(before: Permissions, after: Permissions): string[] {
  const opened = (side: 'pub' | 'sub') => before[side].allow.length > 0 && after[side].allow.length === 0;
  return [
    // Who may answer requests and has no list may publish nothing else.
    ...(opened('pub') && !after.resp ? ['no subject is left that it may publish to, so now it may to every one'] : []),
    ...(opened('sub') ? ['no subject is left that it may subscribe to, so now it may to every one'] : []),
  ].map((text) => `${text} that is not denied`);
}
