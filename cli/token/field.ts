import { cliError } from '../errors.js';

/**
 * The value at a path like `nats.exports[0].subject`. A name with dots in it stands in brackets and quotes:
 * `nats.mappings["orders.new"][0].weight`.
 */
export function fieldOf(claims: unknown, path: string): unknown {
  let value = claims;
  for (const step of parsePath(path)) {
    const known = isContainer(value) ? Object.keys(value) : [];
    if (!known.includes(step)) {
      const shown = known.slice(0, 20).join(', ');
      throw cliError('ERR_FIELD_UNKNOWN', `the claims have no ${path}: there is no ${JSON.stringify(step)}`, {
        hint: known.length === 0 ? 'nothing is below that' : `there are: ${shown}${known.length > 20 ? ', ...' : ''}`,
      });
    }
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Every value below `value` with its path, as `fieldOf` takes it; empty lists and objects are passed over. */
export function flatten(value: unknown, path = ''): [path: string, value: string][] {
  if (!isContainer(value)) return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  const list = Array.isArray(value);
  return Object.entries(value).flatMap(([name, item]) => {
    const plain = /^[A-Za-z_][\w-]*$/.test(name);
    const step = list ? `[${name}]` : plain ? (path === '' ? name : `.${name}`) : `[${JSON.stringify(name)}]`;
    return flatten(item, path + step);
  });
}

function parsePath(path: string): string[] {
  const steps: string[] = [];
  const pattern = /\.?(?:\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+))/y;
  while (pattern.lastIndex < path.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(path);
    if (found === null) {
      throw cliError('ERR_USAGE', `--field ${path} cannot be read from its character ${at + 1} on`, {
        hint: 'write it like nats.exports[0].subject, and names with dots like nats.mappings["a.b"]',
      });
    }
    const [, index, quoted, name] = found;
    steps.push(quoted === undefined ? ((index ?? name) as string) : (JSON.parse(`"${quoted}"`) as string));
  }
  return steps;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
