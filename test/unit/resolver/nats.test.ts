import { describe, expect, it } from 'vitest';
import { parseUpdateReply } from '../../../resolver/claims-answer.js';

const ACCOUNT = 'AABC';
const server = { name: 'one', id: 'NABC' };
const read = (reply: unknown) =>
  parseUpdateReply(Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply)), ACCOUNT);

describe('the answer of a server to an update', () => {
  it('is good only with a result about the account that was sent', () => {
    expect(read({ server, data: { account: ACCOUNT, code: 200, message: 'jwt updated' } })).toEqual({
      server: 'one',
      serverId: 'NABC',
      ok: true,
      message: 'jwt updated',
    });
    for (const data of [
      { account: 'AXYZ', code: 200, message: 'jwt updated' },
      { account: ACCOUNT, code: 500, message: 'jwt updated' },
      { account: ACCOUNT, code: '200' },
      { account: ACCOUNT },
      [],
      null,
    ]) {
      expect(read({ server, data })).toMatchObject({ server: 'one', ok: false });
    }
  });

  it('tells what a server that refuses says', () => {
    const error = { account: ACCOUNT, code: 500, description: 'jwt validation failed' };
    expect(read({ server, error })).toMatchObject({ ok: false, message: 'jwt validation failed' });
    expect(read({ server, error, data: { account: ACCOUNT, code: 200 } })).toMatchObject({ ok: false });
  });

  it.each(['', 'x', '[]', 'null', '{}', '{"server":{}}', '{"server":{"id":1}}', '{"data":{"code":200}}'])(
    '%j is no answer',
    (reply) => {
      expect(read(reply)).toMatchObject({ server: 'unknown', ok: false });
    },
  );
});
