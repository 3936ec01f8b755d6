/** What the broker logs through: pino's shape, fields first. One event is one call, so it is one line. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const silent = (): void => {};
export const SILENT: Logger = { debug: silent, info: silent, warn: silent, error: silent };

const MAX_LOGGED = 256;
// Besides controls: bidi overrides and line separators, which a terminal or a log viewer obeys.
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text of an untrusted peer, made harmless for a log line or a terminal: bounded, controls and format characters escaped. */
export function printable(text: string): string {
  const cut = text.length > MAX_LOGGED ? `${text.slice(0, MAX_LOGGED)}…` : text;
  return cut.replace(UNSAFE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

/** The code of one of our errors, or the name of a foreign one; never the text of a token. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === 'string' ? code : error.name;
  }
  return 'UNKNOWN';
}
