import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { Issue } from '../../claims/validate/issues.js';

/** Does one item after the other; what refuses one says which, as a JSON pointer into the list of that name. */
export async function eachItem<Item, Result>(
  name: string,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [at, item] of items.entries()) {
    results.push(
      await work(item).catch((error: unknown) => {
        throw isNatsctlError(error) ? atItem(error, `/${name}/${at}`) : error;
      }),
    );
  }
  return results;
}

function atItem({ code, message, hint, details }: NatsctlError, pointer: string): NatsctlError {
  const found = Array.isArray(details.issues) ? (details.issues as Pick<Issue, 'message'>[]) : [];
  const issues = (found.length > 0 ? found : [{ message }]).map((issue) => ({ ...issue, path: pointer }));
  return new NatsctlError(code, message, { ...(hint !== undefined && { hint }), details: { ...details, issues } });
}
