/** ETags without quotes and weakness, `*`, or null when the header is malformed. */
export function parseEtags(header: string): string[] | '*' | null {
  if (header.trim() === '*') return '*';
  const etags = [];
  for (const part of header.split(',')) {
    const etag = /^\s*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*$/.exec(part)?.[1];
    if (etag === undefined) return null;
    etags.push(etag);
  }
  return etags;
}

/** Whether a reader says by `If-None-Match` that it has this version already. A malformed header says nothing. */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  // As almost all send it.
  if (ifNoneMatch.length === etag.length + 2 && ifNoneMatch === `"${etag}"`) return true;
  const etags = parseEtags(ifNoneMatch);
  return etags === '*' || (etags?.includes(etag) ?? false);
}
