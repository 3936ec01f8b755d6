/** Bytes from base64 in its one spelling (RFC 4648, section 3.5); null for anything else. */
export function decodeBase64(text: unknown): Buffer | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
