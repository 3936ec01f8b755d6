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

function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item: unknown) => (item instanceof Map ? fromMap(item) : item), indent);
}

function fromMap(map: Map<unknown, unknown>): object {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of map) object[String(key)] = value;
  return object;
}
