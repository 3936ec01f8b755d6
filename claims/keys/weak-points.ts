/**
 * Public keys that no honest key generation makes and that weaken what a signature or a sealed box proves.
 *
 * Ed25519: with a point of small order as the key, one signature verifies for many messages (with the identity, for all), and
 * OpenSSL accepts such keys; a y coordinate of p or more is a second spelling of another point. RFC 8032 section 5.1.3,
 * "Taming the many EdDSAs" (2020). X25519: with a point of small order, the shared secret is zero for everybody. RFC 7748 section 6.1.
 */
const LOW_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

const LOW_ORDER_U = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

/** True for an Ed25519 point of small order, or one spelled with a y coordinate of 2^255 - 19 or more. */
export function isWeakEd25519(raw: Uint8Array): boolean {
  return notBelowPrime(raw) || LOW_ORDER_Y.some((y) => equalButTopBit(raw, y));
}

/** True for an X25519 point of small order, or one spelled with the unused top bit set or a u coordinate of 2^255 - 19 or more. */
export function isWeakX25519(raw: Uint8Array): boolean {
  return ((raw[31] as number) & 0x80) !== 0 || notBelowPrime(raw) || LOW_ORDER_U.some((u) => equalButTopBit(raw, u));
}

/** Little-endian, top bit left out: is the number 2^255 - 19 or more? */
function notBelowPrime(raw: Uint8Array): boolean {
  if (((raw[31] as number) & 0x7f) !== 0x7f) return false;
  for (let at = 30; at > 0; at--) if (raw[at] !== 0xff) return false;
  return (raw[0] as number) >= 0xed;
}

function equalButTopBit(raw: Uint8Array, other: Uint8Array): boolean {
  for (let at = 0; at < 31; at++) if (raw[at] !== other[at]) return false;
  return (((raw[31] as number) ^ (other[31] as number)) & 0x7f) === 0;
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
