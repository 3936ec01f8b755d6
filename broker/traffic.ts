/** Messages and bytes (headers and payload, as nats-server counts) in either direction, as seen from the broker. */
export interface Traffic {
  messagesIn: number;
  bytesIn: number;
  messagesOut: number;
  bytesOut: number;
}

export function noTraffic(): Traffic {
  return { messagesIn: 0, bytesIn: 0, messagesOut: 0, bytesOut: 0 };
}

export function addTraffic(to: Traffic, more: Readonly<Traffic>): void {
  to.messagesIn += more.messagesIn;
  to.bytesIn += more.bytesIn;
  to.messagesOut += more.messagesOut;
  to.bytesOut += more.bytesOut;
}

/** Of connections that are open, and of those that were: counted at the connections, so that a message costs no more. */
export function trafficOf(open: Iterable<Readonly<Traffic>>, ended: Readonly<Traffic>): Traffic {
  const total = { ...ended };
  for (const each of open) addTraffic(total, each);
  return total;
}
