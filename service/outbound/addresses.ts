import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * IPv4 that is not the public internet: the ranges of IANA's special-purpose registry (RFC 6890) that are not globally
 * reachable, multicast, what is reserved, and the one metadata address that stands in a public range.
 */
const CLOSED_IPV4 = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT (RFC 6598); clouds keep services in it, metadata among them
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local (RFC 3927): 169.254.169.254 is the metadata service of most clouds
  '172.16.0.0/12',
  '192.0.0.0/24', // IETF protocol assignments; 192.0.0.192 is metadata elsewhere
  '192.0.2.0/24',
  '192.88.99.0/24', // 6to4 relays, out of use (RFC 7526)
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32', // Azure's platform address, reachable from every machine there
]);

/** IPv6 in use on the public internet (RFC 4291): loopback, link-local, unique local, site-local, multicast, IPv4-compatible are outside. */
const PUBLIC_IPV6 = blockList(['2000::/3']);
/** Inside of it, and not the internet or on the way to somewhere else. */
const CLOSED_IPV6 = blockList([
  '2001::/23', // IETF protocol assignments: Teredo, ORCHID, benchmarking
  '2001:db8::/32',
  '2002::/16', // 6to4 (RFC 7526 ends it): has any IPv4 address inside
  '3ffe::/16',
  '3fff::/20',
]);

/** `named`: in a range that whoever runs the service has opened. `public`: anybody may be sent there. `closed`: nobody. */
export type Standing = 'named' | 'public' | 'closed';

export function standingOf(address: string, named: BlockList): Standing {
  if (isIPv4(address)) return standing(named.check(address), !CLOSED_IPV4.check(address));
  // With a zone (fe80::1%eth0) it is link-local, whatever else it says.
  if (isIP(address) !== 6 || address.includes('%')) return 'closed';
  const inside = ipv4Inside(address);
  if (inside !== null) return standingOf(inside, named);
  const open = PUBLIC_IPV6.check(address, 'ipv6') && !CLOSED_IPV6.check(address, 'ipv6');
  return standing(named.check(address, 'ipv6'), open);
}

function standing(isNamed: boolean, isPublic: boolean): Standing {
  if (isNamed) return 'named';
  return isPublic ? 'public' : 'closed';
}

/**
 * The IPv4 address that an IPv6 address leads to: IPv4-mapped (::ffff:0:0/96), and NAT64 (64:ff9b::/96, RFC 6052), by which networks
 * without IPv4 reach all of it. What is left of the other ways to write one (compatible, 6to4, Teredo) is closed as a whole.
 */
function ipv4Inside(address: string): string | null {
  const groups = ipv6Groups(address);
  const prefix = groups.slice(0, 6).join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return null;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** The eight groups, as the URL standard writes them: lower case, no leading zeros, no dotted end. */
function ipv6Groups(address: string): string[] {
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

/** @param ranges checked before (service/settings.ts): `10.0.0.0/8`, or an address alone */
export function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}
