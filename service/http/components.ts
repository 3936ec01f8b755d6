type Json = Record<string, unknown>;

interface Document {
  paths?: unknown;
  components?: { schemas?: Json | undefined } | undefined;
}

/**
 * The document with every schema that has a title said once, under `components`, and referred to elsewhere: refusals alone would
 * be there 900 times, and who makes a client of it would have a type for each.
 */
export function withComponents<T extends Document>(document: T): T {
  const schemas = new Map<string, { text: string; schema: unknown }>();
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one)]));
    const { title } = inner;
    // A property that is called `title` is an object here.
    if (typeof title !== 'string') return inner;
    const text = JSON.stringify(inner);
    const known = schemas.get(title);
    if (known !== undefined && known.text !== text) throw new Error(`two schemas have the title ${title}`);
    schemas.set(title, { text, schema: inner });
    return { $ref: `#/components/schemas/${title}` };
  };
  const paths = visit(document.paths);
  const sorted = [...schemas].sort(([one], [other]) => (one < other ? -1 : 1));
  const byName = Object.fromEntries(sorted.map(([title, { schema }]) => [title, schema]));
  return { ...document, components: { ...document.components, schemas: byName }, paths };
}
