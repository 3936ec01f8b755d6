/** Header fields by their canonical name, as Go's textproto reads them: `x-b3-traceid` is `X-B3-Traceid`. */
export type Fields = Map<string, string[]>;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function readFields(block: Buffer): Fields {
  const fields: Fields = new Map();
  const lines = block.toString('latin1').split('\r\n');
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = canonicalName(line.slice(0, colon));
    const value = line.slice(colon + 1).trim();
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

/** A name that is none stays as it is (Go net/textproto `CanonicalMIMEHeaderKey`). */
function canonicalName(name: string): string {
  if (!TOKEN.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** As Go writes a map: names in order. */
export function fieldsJson(fields: Fields): Record<string, string[]> {
  return Object.fromEntries([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
}
