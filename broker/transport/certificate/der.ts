/** One element of DER: its tag, and where in the bytes it and its content stand. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

const SEQUENCE = 0x30;

/** Reads the element at `at`, which must end within `limit`. Null when it is not one. */
export function readElement(der: Buffer, at: number, limit: number): Element | null {
  if (at + 2 > limit) return null;
  const tag = der[at] as number;
  // A tag of several bytes stands in no certificate.
  if ((tag & 0x1f) === 0x1f) return null;
  let length = der[at + 1] as number;
  let contentStart = at + 2;
  if (length >= 0x80) {
    const bytes = length & 0x7f;
    if (bytes === 0 || bytes > 4 || contentStart + bytes > limit) return null;
    length = der.readUIntBE(contentStart, bytes);
    contentStart += bytes;
  }
  const end = contentStart + length;
  return end <= limit ? { tag, start: at, contentStart, end } : null;
}

/** What a constructed element holds; null when it does not add up. */
export function childrenOf(der: Buffer, parent: Element): Element[] | null {
  const children: Element[] = [];
  for (let at = parent.contentStart; at < parent.end; ) {
    const child = readElement(der, at, parent.end);
    if (child === null) return null;
    children.push(child);
    at = child.end;
  }
  return children;
}

export function contentOf(der: Buffer, element: Element): Buffer {
  return der.subarray(element.contentStart, element.end);
}

/** The elements of a SEQUENCE that is all there is. */
export function sequenceOf(der: Buffer): Element[] | null {
  const whole = readElement(der, 0, der.length);
  return whole === null || whole.tag !== SEQUENCE || whole.end !== der.length ? null : childrenOf(der, whole);
}

/** `2.5.4.3` for its bytes. */
export function objectIdentifier(content: Buffer): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (parts.length === 0)
      parts.push(Math.min(Math.floor(value / 40), 2), value - 40 * Math.min(Math.floor(value / 40), 2));
    else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}
