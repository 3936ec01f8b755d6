import type { Fields } from '../protocol/fields.js';

/**
 * Whether the headers of a request ask for a measurement: those of Jaeger, Zipkin and W3C, judged in nats-server's order
 * (accounts.go `shouldSample`). The fields that decided are told with the measurement; null = none is asked for.
 */
export function sampledByHeader(fields: Fields): Fields | null {
  const uber = fields.get('Uber-Trace-Id');
  if (uber !== undefined) {
    const flags = /^(?:[^:]*:){3}([0-9a-fA-F]{1,2})$/.exec(uber[0] as string)?.[1];
    return flags !== undefined && isOdd(flags)
      ? picked(fields, (name) => name === 'Uber-Trace-Id' || name.startsWith('Uberctx-'))
      : null;
  }
  const sampled = fields.get('X-B3-Sampled')?.[0];
  if (sampled === '1') return picked(fields, isB3);
  if (sampled === '0') return null;
  // There, and not refused: the decision is left to whoever receives it.
  if (fields.has('X-B3-Traceid')) return picked(fields, isB3);
  const b3 = fields.get('B3');
  if (b3 !== undefined) {
    const parts = (b3[0] as string).split('-');
    const refused = parts.length > 2 ? parts[2] === '0' : parts.length === 1 && parts[0] === '0';
    return refused ? null : picked(fields, (name) => name === 'B3');
  }
  const context = fields.get('Traceparent');
  if (context === undefined) return null;
  return isSampledTraceparent(context[0] as string)
    ? picked(fields, (name) => name === 'Traceparent' || name === 'Tracestate')
    : null;
}

/** W3C Trace Context: `version-trace-parent-flags`, sampled when the last bit of the flags is set. */
export function isSampledTraceparent(value: string): boolean {
  const flags = /^(?:[^-]*-){3}([0-9a-fA-F]{2})$/.exec(value)?.[1];
  // Read into 8 bits with a sign, nats-server takes flags from 80 up as no number.
  return flags !== undefined && Number.parseInt(flags, 16) < 0x80 && isOdd(flags);
}

const B3 = ['X-B3-Sampled', 'X-B3-Traceid', 'X-B3-Parentspanid', 'X-B3-Spanid'];

function isB3(name: string): boolean {
  return B3.includes(name);
}

function isOdd(hex: string): boolean {
  return (Number.parseInt(hex, 16) & 1) === 1;
}

function picked(fields: Fields, wanted: (name: string) => boolean): Fields {
  return new Map([...fields].filter(([name]) => wanted(name)));
}
