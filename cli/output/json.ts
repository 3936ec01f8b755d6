import process from 'node:process';

/** Whether `NATSCTL_JSON` asks for JSON, for when no flags have been parsed. */
export function jsonInEnvironment(): boolean {
  return /^(1|true|y|yes)$/i.test(process.env.NATSCTL_JSON ?? '');
}

/** Prints one JSON document. `Map`s, which the claims use for dictionaries keyed by outside text, become objects. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${toJson(value, 2)}\n`);
}

/** Prints one JSON document on one line (a stream of messages). */
export function writeJsonLine(value: unknown): void {
  process.stdout.write(`${toJson(value)}\n`);
}

/** What JSON may hold as it is and a terminal obeys: the same text in every reader, written as an escape. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export function toJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (item instanceof Map ? fromMap(item) : item), indent);
  return (text ?? 'null').replace(UNESCAPED, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function fromMap(map: Map<unknown, unknown>): object {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of map) object[String(key)] = value;
  return object;
}
