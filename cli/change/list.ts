import { cliError, usageError } from '../errors.js';

/** What is put into a list of claims and what is taken out of it. */
export interface ListEdit {
  add: string[];
  remove: string[];
}

/**
 * The list with an edit made: without doubles, what is new last; as it was where there is nothing to do. Taking out what is not
 * there is refused: it is a typing error, and what was meant would stay.
 *
 * @param what the list is of, for messages (`tag`)
 */
export function editList(list: readonly string[], { add, remove }: ListEdit, what: string): string[] {
  refuseBoth(add, remove, what);
  const absent = remove.find((entry) => !list.includes(entry));
  if (absent !== undefined) throw notThere(absent, what, list);
  if (remove.length === 0 && add.every((entry) => list.includes(entry))) return [...list];
  return [...new Set([...list.filter((entry) => !remove.includes(entry)), ...add])];
}

/** As `editList`, for lists that nsc keeps sorted: permissions, tags, networks. */
export function editSortedList(list: readonly string[], edit: ListEdit, what: string): string[] {
  const edited = editList(list, edit, what);
  return sameList(edited, list) ? edited : edited.sort();
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, at) => entry === b[at]);
}

export function refuseBoth(add: readonly string[], remove: readonly string[], what: string): void {
  const both = add.find((entry) => remove.includes(entry));
  if (both !== undefined) throw usageError(`the ${what} ${both} is to be both added and removed`);
}

export function notThere(entry: string, what: string, list: readonly string[]): Error {
  return cliError('ERR_ENTRY_UNKNOWN', `there is no ${what} ${entry} to remove`, {
    hint: list.length === 0 ? `there is no ${what} at all` : `there is: ${list.join(', ')}`,
    details: { entry, list },
  });
}

/** Tags as an edit of claims that may have none. */
export function editTags<D extends { tags?: string[] }>(data: D, edit: ListEdit): D {
  const tags = editSortedList(data.tags ?? [], edit, 'tag');
  const { tags: _before, ...rest } = data;
  return (tags.length > 0 ? { ...rest, tags } : rest) as D;
}

/** Whether an edit asks for anything: some value given, some list not empty. */
export function hasEdits(edit: unknown): boolean {
  if (Array.isArray(edit)) return edit.length > 0;
  if (typeof edit === 'object' && edit !== null) return Object.values(edit).some(hasEdits);
  return edit !== undefined;
}
