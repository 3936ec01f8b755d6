import process from 'node:process';
import { pino } from 'pino';
import { safeText } from '../output/safe-text.js';

/** One line an event on stderr, since stdout belongs to what the command prints: JSON, or words where a person is watching. */
export function serverLog(level: string) {
  return pino(
    {
      level,
      base: { pid: process.pid },
      redact: ['req.headers.authorization', 'headers.authorization', '*.token', '*.seed', '*.creds', '*.jwt'],
      serializers: { err: level === 'debug' ? pino.stdSerializers.err : reasonOnly },
    },
    process.stderr.isTTY
      ? { write: (line: string) => process.stderr.write(logLine(line)) }
      : pino.destination({ dest: 2, sync: true }),
  );
}

/** A stack says nothing to an operator; `--log-level debug` shows it. */
function reasonOnly(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { type: error.name, message: error.message, ...('code' in error && { code: error.code }) };
}

/** `09:30:12 warn  connect refused: the user U... is revoked (code=ERR_USER_REVOKED account=A...)` */
export function logLine(json: string): string {
  const { time, level, msg = '', detail, err, pid: _pid, ...rest } = JSON.parse(json);
  const at = new Date(time).toTimeString().slice(0, 8);
  const reasons = [msg, detail, err?.message].filter((part) => typeof part === 'string' && part !== '');
  const facts = Object.entries(rest).map(([name, value]) => {
    return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  const more = facts.length > 0 ? ` (${facts.join(' ')})` : '';
  const label = pino.levels.labels[level] ?? String(level);
  return `${at} ${label.padEnd(5)} ${safeText(`${reasons.join(': ')}${more}`)}\n`;
}
