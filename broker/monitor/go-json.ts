/** What Go's encoding/json escapes and JSON.stringify does not: tools that compare texts see the same, and no browser finds a tag. */
const ESCAPED = /[<>&\u2028\u2029\ufffd]/g;

/** JSON as nats-server writes it. */
export function goJson(value: object, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    ESCAPED,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
