import process from 'node:process';
import { pino } from 'pino';

/** One JSON line an event on stderr: stdout belongs to what the command prints. */
export function serverLog(level: string) {
  return pino(
    {
      level,
      base: { pid: process.pid },
      redact: ['req.headers.authorization', 'headers.authorization', '*.token', '*.seed', '*.creds', '*.jwt'],
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
