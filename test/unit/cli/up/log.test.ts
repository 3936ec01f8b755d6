import { expect, it } from 'vitest';
import { logLine } from '../../../../cli/up/log.js';

it('a log line for a person has the time, the reason and the facts on one line, and no control characters', () => {
  const at = new Date(2030, 0, 31, 9, 30, 12).getTime();
  const event = {
    level: 40,
    time: at,
    pid: 1,
    code: 'ERR_USER_REVOKED',
    detail: 'user \u001b[2J\nx',
    msg: 'connect refused',
  };
  expect(logLine(JSON.stringify(event))).toBe(
    '09:30:12 warn  connect refused: user \\x1b[2J\\x0ax (code=ERR_USER_REVOKED)\n',
  );
  const failed = {
    level: 50,
    time: at,
    pid: 1,
    err: { type: 'Error', message: 'gone' },
    servers: ['a'],
    msg: 'no link',
  };
  expect(logLine(JSON.stringify(failed))).toBe('09:30:12 error no link: gone (servers=["a"])\n');
});
