import { isSubset } from '../subject/match.js';
import type { Permissions } from '../types.js';
import { type Lint, lint } from './lint.js';

/** Entries that can never have an effect: allowed, but denied whole. */
function unreachableEntries(permissions: Permissions, at: string): { path: string; message: string }[] {
  const found: { path: string; message: string }[] = [];
  for (const side of ['pub', 'sub'] as const) {
    const { allow, deny } = permissions[side];
    for (const [index, entry] of allow.entries()) {
      // What a template will put in is not known here.
      if (entry.includes('{{')) continue;
      const by = deny.find((each) => !each.includes('{{') && coversEntry(each, entry));
      if (by === undefined) continue;
      const verb = side === 'pub' ? 'publish to' : 'subscribe to';
      const message = `the permission to ${verb} ${JSON.stringify(entry)} has no effect: ${JSON.stringify(by)} denies all of it`;
      found.push({ path: `${at}/${side}/allow/${index}`, message });
    }
  }
  return found;
}

/** True for permissions that keep nobody from anything. */
export function allowsEverything({ pub, sub, resp }: Permissions): boolean {
  const open = ({ allow, deny }: { allow: string[]; deny: string[] }, none: boolean) =>
    deny.length === 0 && (allow.length === 0 ? none : allow.includes('>'));
  // With a response permission, no publish list means nothing but responses.
  return open(pub, resp === undefined) && open(sub, true);
}

function coversEntry(deny: string, allow: string): boolean {
  const [subject = '', queue] = deny.split(' ');
  const [wanted = '', group] = allow.split(' ');
  if (wanted !== subject && !isSubset(wanted, subject)) return false;
  return queue === undefined || (group !== undefined && (queue === group || queue === '>' || isSubset(group, queue)));
}

export function unreachableLints(permissions: Permissions, at: string): Lint[] {
  return unreachableEntries(permissions, at).map(({ path, message }) =>
    lint('ERR_PERMISSION_UNREACHABLE', path, message, 'take the entry out, or the one that denies it'),
  );
}

/** Both lists name `>`: somebody opened them, rather than left them empty. */
export function wideOpen(permissions: Permissions): boolean {
  const { pub, sub } = permissions;
  return pub.allow.includes('>') && sub.allow.includes('>') && allowsEverything(permissions);
}
