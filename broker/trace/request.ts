import type { Publication } from '../protocol/operation.js';
import { fromWire } from '../protocol/text.js';
import { isSampledTraceparent } from '../routing/sampling.js';

/** What the headers of a message say about tracing it (nats-server msgtrace.go `genHeaderMapIfTraceHeadersPresent`). */
export interface TraceRequest {
  /** As the sender wrote them, names too; latin1 of the wire. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Only a sampled `traceparent` asks for it: then the account says where to, if anywhere. */
  readonly external: boolean;
}

export const TRACE_DEST = 'Nats-Trace-Dest';
/** No subject, so that no server behind this one traces the message (nats-server `MsgTraceDestDisabled`). */
export const TRACE_DISABLED = 'trace disabled';

const LINE = 'NATS/1.0\r\n';
const DEST = Buffer.from(`${TRACE_DEST}:`);
const PARENT = Buffer.from('traceparent:');
const CR = 13;
const LF = 10;

/**
 * Whether a line of the header begins as one that may ask for a trace does. Asked of every message with a header, so it
 * walks the bytes and makes nothing. `external`: the account wants those traced that carry a `traceparent`, as many do.
 */
export function mayAskForTrace({ buf, bodyStart, headerSize }: Publication, external: boolean): boolean {
  const end = bodyStart + headerSize;
  for (let i = bodyStart + LINE.length; i < end; i++) {
    if (buf[i - 1] !== LF || buf[i - 2] !== CR) continue;
    const first = buf[i] as number;
    if (first === 78 && startsWith(buf, i, end, DEST, 0)) return true;
    // In any letter case: the W3C has it in lower case and accepts all.
    if (external && (first === 116 || first === 84) && startsWith(buf, i, end, PARENT, 32)) return true;
  }
  return false;
}

/** `fold` = 32 takes upper case letters as lower case ones. */
function startsWith(buf: Buffer, at: number, end: number, wanted: Buffer, fold: number): boolean {
  if (at + wanted.length > end) return false;
  for (let i = 0; i < wanted.length; i++) {
    const byte = buf[at + i] as number;
    if (byte !== wanted[i] && !(byte >= 65 && byte <= 90 && (byte | fold) === wanted[i])) return false;
  }
  return true;
}

/** Null when nothing asks for a trace, or an earlier server ended it. */
export function readTraceRequest(block: Buffer): TraceRequest | null {
  const text = block.toString('latin1');
  if (!text.startsWith(LINE)) return null;
  const fields = new Map<string, string[]>();
  let parent = false;
  for (const line of text.slice(LINE.length).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (value === '') continue;
    if (name.toLowerCase() === 'traceparent') parent ||= isSampledTraceparent(value);
    if (name === TRACE_DEST && !fields.has(name) && value === TRACE_DISABLED) return null;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  const dest = fields.has(TRACE_DEST);
  return dest || parent ? { fields, external: !dest } : null;
}

/** As Go writes a map: names in order; the text is Unicode. */
export function requestJson({ fields }: TraceRequest): Record<string, string[]> {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, values]) => [fromWire(name), values.map(fromWire)]));
}
