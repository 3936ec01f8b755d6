/** The peer's address as it is shown and compared: IPv4 that came in by an IPv6 socket is IPv4 (as Go prints it); a zone stays. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d)/i, '');
}

/** Host and port in one text, IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Splits what `client_advertise` says: a host, or host and port (nats-server parseHostPort). Null when it is neither.
 */
export function splitHostPort(text: string, defaultPort: number): { host: string; port: number } | null {
  const match = /^(?:\[([^\][]+)\]|([^:[\]]+))(?::(-?\d{1,5}))?$/.exec(text.trim());
  if (match === null) return null;
  const host = match[1] ?? match[2] ?? '';
  const given = match[3] === undefined ? defaultPort : Number(match[3]);
  const port = given === 0 || given === -1 ? defaultPort : given;
  return port > 0 && port <= 65_535 ? { host, port } : null;
}
