import { describe, expect, it } from 'vitest';
import { newGeneric, newOperator } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import type { OperatorData } from '../../../../claims/types.js';
import { validate } from '../../../../claims/validate/validate.js';

const operator = Seed.generate('operator').publicKey;
const signing = Seed.generate('operator').publicKey;
const account = Seed.generate('account').publicKey;

function found(data: Partial<OperatorData>, iss?: string): string[] {
  const claims = newOperator(operator, 'op');
  Object.assign(claims.nats, data);
  if (iss !== undefined) claims.iss = iss;
  return validate(claims, 0).map(({ code, level, path }) => `${level} ${code} ${path}`);
}

describe('an operator', () => {
  it('as new has no issue', () => {
    expect(found({})).toEqual([]);
    expect(found({}, operator)).toEqual([]);
    expect(found({ signing_keys: [signing] }, signing)).toEqual([]);
  });

  it('is signed by itself or its signing keys', () => {
    expect(found({}, signing)).toEqual(['error ERR_OPERATOR_ISSUER /iss']);
  });

  it.each(['https://h:1/jwt/v1', 'nats://h:4222', 'HTTP://h', 'http://h/x?y#z'])(
    'may have the account server URL %s',
    (url) => {
      expect(found({ account_server_url: url })).toEqual([]);
    },
  );

  it.each(['h', '/x', '//h/x', 'http://', ':x', 'http://a b/'])('may not have the account server URL %s', (url) => {
    expect(found({ account_server_url: url })).toEqual([
      'error ERR_OPERATOR_ACCOUNT_SERVER_URL /nats/account_server_url',
    ]);
  });

  it.each(['', 'nats://h', 'tls://h:4222', 'ws://h:80', 'WSS://h', 'nats://[::1]:4222'])(
    'may have the service URL %j',
    (url) => {
      expect(found({ operator_service_urls: [url] })).toEqual([]);
    },
  );

  it.each(['h:4222', 'http://h', 'nats://u:p@h', 'nats://h/', 'ws://h/path', 'nats://', 'h', 'nats:h'])(
    'may not have the service URL %s',
    (url) => {
      expect(found({ operator_service_urls: ['nats://ok', url] })).toEqual([
        'error ERR_OPERATOR_SERVICE_URL /nats/operator_service_urls/1',
      ]);
    },
  );

  it('lists operator keys, and an account as system account', () => {
    expect(found({ signing_keys: [signing, account] })).toEqual([
      'error ERR_OPERATOR_SIGNING_KEY /nats/signing_keys/1',
    ]);
    expect(found({ system_account: operator })).toEqual(['error ERR_OPERATOR_SYSTEM_ACCOUNT /nats/system_account']);
    expect(found({ system_account: account })).toEqual([]);
  });

  it.each(['1', '1.2', '1.2.x', '1.2.-3', '1.2.3.4', 'v1.2.3', '1..3', ' 1.2.3'])(
    'may not assert the server version %j',
    (version) => {
      expect(found({ assert_server_version: version })).toEqual([
        'error ERR_OPERATOR_SERVER_VERSION /nats/assert_server_version',
      ]);
    },
  );

  it('may assert 2.10.0', () => expect(found({ assert_server_version: '2.10.0' })).toEqual([]));
});

describe('any claims', () => {
  const at = (times: object, now: number) =>
    validate({ ...newGeneric('x'), ...times }, now).map(({ code, level }) => `${level} ${code}`);

  it('are valid up to and at the second of their expiry, and from their beginning', () => {
    expect(at({ exp: 10 }, 10)).toEqual([]);
    expect(at({ exp: 10 }, 11)).toEqual(['time ERR_CLAIM_EXPIRED']);
    expect(at({ exp: 0 }, 11)).toEqual([]);
    expect(at({ nbf: 10 }, 10)).toEqual([]);
    expect(at({ nbf: 10 }, 9)).toEqual(['time ERR_CLAIM_NOT_YET_VALID']);
  });

  it('issued more than a minute ahead are pointed out', () => {
    expect(at({ iat: 70 }, 10)).toEqual([]);
    expect(at({ iat: 71 }, 10)).toEqual(['warning ERR_CLAIM_ISSUED_IN_FUTURE']);
  });
});
