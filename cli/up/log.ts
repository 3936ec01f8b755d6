import { closeSync, openSync } from 'node:fs';
import process from 'node:process';
import { pino } from 'pino';
import { withoutSecrets } from '../../claims/without-secrets.js';
import { safeText } from '../output/safe-text.js';
import { ioError } from '../store/errors.js';

export interface ServerLogOptions {
  /** Appended to, for its owner alone, instead of stderr. */
  file?: string | undefined;
}

/** One line an event on stderr, since stdout belongs to what the command prints: JSON, or words where a person is watching. */
export function serverLog(level: string, { file }: ServerLogOptions = {}) {
  const destination = file === undefined ? undefined : openLogFile(file);
  const forPeople = destination === undefined && process.stderr.isTTY;
  const raw = destination ?? pino.destination({ dest: 2, sync: true });
  const log = pino(
    {
      level,
      base: { pid: process.pid },
      redact: [
        'req.headers.authorization',
        'headers.authorization',
        'headers.cookie',
        ...['token', 'seed', 'creds', 'jwt', 'authorization', 'cookie', 'password', 'secret'].map(
          (name) => `*.${name}`,
        ),
      ],
      serializers: { err: level === 'debug' ? pino.stdSerializers.err : reasonOnly },
    },
    {
      write: (line: string) => {
        const clean = withoutSecrets(line);
        if (forPeople) process.stderr.write(logLine(clean));
        else raw.write(clean);
      },
    },
  );
  /** For programs that move log files away. False where there is no file. */
  const reopen = (): boolean => {
    destination?.reopen();
    return destination !== undefined;
  };
  return Object.assign(log, { reopen });
}

function openLogFile(file: string) {
  try {
    closeSync(openSync(file, 'a', 0o600));
    return pino.destination({ dest: file, append: true, mode: 0o600, sync: true });
  } catch (error) {
    throw ioError(error, 'write', file);
  }
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
