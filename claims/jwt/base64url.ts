/**
 * base64url without padding in its one canonical spelling. Buffer alone would skip foreign characters and spare bits, so that
 * one token had many spellings; encoding again and comparing refuses them all.
 */
export function decodeBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

export function encodeBase64Url(data: string | Uint8Array): string {
  return (typeof data === 'string' ? Buffer.from(data, 'utf8') : Buffer.from(data)).toString('base64url');
}
