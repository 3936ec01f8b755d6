import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import {
  parseDeleteReply,
  parseListReply,
  parsePackMessage,
  parsePingReply,
  parseUpdateReply,
} from '../../../resolver/claims-answer.js';

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

const bytes = (text: unknown) => Buffer.from(typeof text === 'string' ? text : JSON.stringify(text));

describe('the answer of a server to a deletion', () => {
  it('names no account, and is good only with a result', () => {
    expect(parseDeleteReply(bytes({ server, data: { code: 200, message: 'deleted 2 accounts' } }))).toEqual({
      server: 'one',
      serverId: 'NABC',
      ok: true,
      message: 'deleted 2 accounts',
    });
    const refused = { server, error: { code: 500, description: 'x - delete must be enabled in server config' } };
    expect(parseDeleteReply(bytes(refused))).toMatchObject({ ok: false, message: expect.stringContaining('enabled') });
    expect(parseDeleteReply(bytes({ server, data: {} }))).toMatchObject({ ok: false });
  });
});

describe('what a server lists and packs', () => {
  it('is read whole or not at all', () => {
    const key = Seed.generate('account').publicKey;
    expect(parseListReply(bytes({ server, data: [key] }))).toEqual({
      server: 'one',
      serverId: 'NABC',
      accounts: [key],
    });
    expect(parseListReply(bytes({ server, data: [] }))).toMatchObject({ accounts: [] });
    for (const data of [[key, 'A'], [key.slice(1)], [1], {}, null, `${key}`]) {
      expect(parseListReply(bytes({ server, data }))).toBeNull();
    }
    expect(parseListReply(bytes({ data: [key] }))).toBeNull();
    expect(parsePackMessage(bytes(`${key}|a.b.c`))).toEqual([{ account: key, token: 'a.b.c' }]);
    expect(parsePackMessage(bytes(''))).toEqual([]);
    expect(parsePackMessage(bytes(`${key}|a.b.c\n${key}|d`))).toHaveLength(2);
    for (const text of [key, `${key}|`, `${key}|a|b`, 'x|a', '|']) expect(parsePackMessage(bytes(text))).toBeNull();
    expect(parsePackMessage(new Uint8Array([255]))).toBeNull();
  });

  it('and a ping names the server', () => {
    expect(parsePingReply(bytes({ server, statsz: {} }))).toEqual({ server: 'one', serverId: 'NABC' });
    expect(parsePingReply(bytes({ server: { id: 'NABC' } }))).toEqual({ server: 'NABC', serverId: 'NABC' });
    expect(parsePingReply(bytes('x'))).toBeNull();
  });
});
