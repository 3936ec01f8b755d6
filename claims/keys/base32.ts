/**
 * RFC 4648 base32 in upper case, without padding: the text form of every nkey. Decoding accepts exactly one spelling of a
 * value: bits left over in the last character must be zero, else one seed or key would have several spellings.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const VALUE_OF_CHARACTER = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) VALUE_OF_CHARACTER[ALPHABET.charCodeAt(value)] = value;

export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) text += ALPHABET[(held << (5 - bits)) & 31];
  return text;
}

/** The bytes, or null where the text is not base32 in its one canonical spelling. */
export function decodeBase32(text: string): Uint8Array | null {
  const length = Math.floor((text.length * 5) / 8);
  if (Math.ceil((length * 8) / 5) !== text.length) return null;
  const bytes = new Uint8Array(length);
  let written = 0;
  let bits = 0;
  let held = 0;
  for (let at = 0; at < text.length; at++) {
    const value = VALUE_OF_CHARACTER[text.charCodeAt(at)] ?? -1;
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = held >>> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : null;
}
