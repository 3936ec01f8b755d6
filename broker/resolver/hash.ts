export function xorInto(into: Buffer, other: Uint8Array): void {
  for (let at = 0; at < into.length; at++) into[at] = (into[at] as number) ^ (other[at] as number);
}
