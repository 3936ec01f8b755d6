import { configFault } from './fault.js';
import type { ConfigData } from './value.js';

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
const INTEGER = /^(-?\d+)([a-z]*)$/i;
const MAX_INT64 = 2n ** 63n - 1n;

export function booleanOf(word: string): boolean | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(WORDS, lower) ? WORDS[lower] : undefined;
}

export function scalarData(kind: 'string' | 'integer' | 'float' | 'date', text: string): ConfigData {
  if (kind === 'integer') return { kind, value: integer(text) };
  if (kind === 'float') return { kind, value: float(text) };
  if (kind === 'date') return { kind, value: date(text) };
  return { kind, value: text };
}

/** `64k` is 64,000, `64kb`, `64ki` and `64kib` are 65,536 (nats-server conf/parse.go); what does not fit in 64 bits is refused. */
function integer(text: string): number {
  const [, digits, suffix = ''] = INTEGER.exec(text) ?? [];
  if (digits === undefined) throw configFault(`expected integer, but got '${text}'`);
  const value = BigInt(digits) * factor(text, suffix.toLowerCase());
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) throw configFault(`integer '${text}' is out of the range`);
  return Number(value);
}

function factor(text: string, suffix: string): bigint {
  if (suffix === '') return 1n;
  const power = BigInt('kmgtpe'.indexOf(suffix.charAt(0)) + 1);
  const unit = suffix.slice(1);
  if (unit === '') return 1_000n ** power;
  if (unit === 'b' || unit === 'i' || unit === 'ib') return 1_024n ** power;
  // nats-server drops the value and gives its key to the next one.
  throw configFault(`'${text}' is no size`, 'write k, kb, ki or kib (m, g, t, p, e alike) after the number');
}

function float(text: string): number {
  if (!/^-?\d+\.\d+$/.test(text)) throw configFault(`expected float, but got '${text}'`);
  const value = Number(text);
  if (!Number.isFinite(value)) throw configFault(`float '${text}' is out of the range`);
  return value;
}

function date(text: string): string {
  const parsed = Date.parse(text);
  // JavaScript takes 30 February for 1 March.
  if (!Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(text.slice(0, -1))) return text;
  throw configFault(`expected Zulu formatted DateTime, but got '${text}'`);
}
