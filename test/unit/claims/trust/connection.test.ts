import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { checkConnectionType } from '../../../../claims/trust/connection-type.js';
import { parseNetwork } from '../../../../claims/trust/ip.js';
import { checkNonce } from '../../../../claims/trust/nonce.js';
import { checkProxy } from '../../../../claims/trust/proxy.js';
import { checkSource } from '../../../../claims/trust/source.js';
import { checkTimes, isTimeZone, windowEnd } from '../../../../claims/trust/times.js';
import { verifyUser } from '../../../../claims/trust/user.js';
import type { TimeRange } from '../../../../claims/types.js';
import { code, NOW, user, userToken, verified } from './fixture.js';

describe('connection types', () => {
  const allowed = (types: string[], type: 'STANDARD' | 'WEBSOCKET') =>
    code(() => checkConnectionType({ allowed_connection_types: types }, type));

  it('are all allowed without a list, and only those of the list with one', () => {
    expect(allowed([], 'STANDARD')).toBe('accepted');
    expect(allowed(['WEBSOCKET'], 'STANDARD')).toBe('ERR_USER_CONNECTION_TYPE');
    expect(allowed(['WEBSOCKET', 'STANDARD'], 'STANDARD')).toBe('accepted');
    expect(allowed(['websocket'], 'WEBSOCKET')).toBe('accepted');
  });

  it('that are unknown allow nothing', () => {
    expect(allowed(['CARRIER_PIGEON'], 'STANDARD')).toBe('ERR_USER_CONNECTION_TYPE');
    expect(allowed(['CARRIER_PIGEON', 'STANDARD'], 'STANDARD')).toBe('accepted');
  });
});

describe('proxies', () => {
  it('are asked for only where required', () => {
    expect(code(() => checkProxy({}, false))).toBe('accepted');
    expect(code(() => checkProxy({ proxy_required: true }, false))).toBe('ERR_USER_PROXY');
    expect(code(() => checkProxy({ proxy_required: true }, true))).toBe('accepted');
  });
});

describe('the nonce', () => {
  it('must be signed by the user, in either base64', async () => {
    const verifiedUser = verifyUser(await userToken(), await verified(), { now: NOW });
    const signature = Buffer.from((await seedSigner(user).sign(Buffer.from('nonce'))) as Uint8Array);
    const url = signature.toString('base64url');
    const outcome = (text: string | undefined, nonce = 'nonce') => code(() => checkNonce(verifiedUser, nonce, text));
    expect(outcome(url)).toBe('accepted');
    expect(outcome(signature.toString('base64'))).toBe('accepted');
    expect(code(() => checkNonce(verifiedUser, new TextEncoder().encode('nonce'), url))).toBe('accepted');
    const other = Buffer.from(
      (await seedSigner(Seed.generate('user')).sign(Buffer.from('nonce'))) as Uint8Array,
    ).toString('base64url');
    for (const bad of [
      undefined,
      '',
      'x',
      `${url}=`,
      `${url} `,
      `${url}\n`,
      url.slice(0, -1),
      other,
      'A'.repeat(100),
      'A'.repeat(86),
    ]) {
      expect(outcome(bad)).toBe('ERR_USER_NONCE');
    }
    expect(outcome(url, 'another')).toBe('ERR_USER_NONCE');
  });

  it('is not asked of bearer tokens', async () => {
    const bearer = verifyUser(await userToken({ bearer_token: true }), await verified(), { now: NOW });
    expect(code(() => checkNonce(bearer, 'nonce', undefined))).toBe('accepted');
  });
});

describe('source networks', () => {
  const from = (src: string[], ip: string) => code(() => checkSource({ src }, ip)) === 'accepted';

  it('let everybody in without a list', () => expect(from([], 'junk')).toBe(true));

  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['10.1.2.3/32', '10.1.2.2', false],
    ['192.168.4.0/23', '192.168.5.255', true],
    ['192.168.4.0/23', '192.168.6.0', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::1/128', '::1', true],
    ['::1/128', '0:0:0:0:0:0:0:1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['2001:db8::/32', '2001:0DB8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '2001:db8::1', true],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', '10.1.2', false],
    ['10.0.0.0/8', '10.1.2.3.4', false],
    ['10.0.0.0/8', '010.1.2.3', false],
    ['10.0.0.0/8', '10.1.2.256', false],
    ['::/0', ':::', false],
    ['::/0', '1::2::3', false],
    ['::/0', '1:2:3:4:5:6:7', false],
    ['::/0', '1:2:3:4:5:6:7:8:9', false],
    ['::/0', '12345::', false],
    ['::/0', ':1:2:3:4:5:6:7', false],
    ['nonsense', '10.1.2.3', false],
  ])('%s and the address %s: %s', (cidr, ip, expected) => {
    expect(from([cidr], ip)).toBe(expected);
  });

  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0/64',
    '/8',
    '10.0.0.0/',
    'a/8',
    '10.0.0.0/8/8',
  ])('%s is no network', (text) => expect(parseNetwork(text)).toBeNull());
});

describe('hours of the day', () => {
  const at = (text: string) => Date.parse(text) / 1000;
  const range = (start: string, end: string): TimeRange => ({ start, end });
  const end = (times: TimeRange[], now: string, zone = 'UTC') => {
    const until = windowEnd({ times, times_location: zone }, at(now));
    return until === null || until === Infinity ? until : new Date(until * 1000).toISOString();
  };

  it('without windows never end', () => expect(windowEnd({ times: [] }, NOW)).toBe(Infinity));

  it.each([
    ['13:00:00', '2026-03-10T22:00:00.000Z'],
    ['11:00:01', '2026-03-10T22:00:00.000Z'],
    ['11:00:00', null],
    ['22:00:00', null],
    ['10:59:59', null],
    ['23:00:00', null],
  ])('11:00-22:00 at %s', (time, expected) =>
    expect(end([range('11:00:00', '22:00:00')], `2026-03-10T${time}Z`)).toBe(expected),
  );

  // nats-server 4f404cfcc: windows across midnight.
  it.each([
    ['05:00:00', '2026-03-10T06:00:00.000Z'],
    ['23:30:00', '2026-03-11T06:00:00.000Z'],
    ['00:00:00', '2026-03-10T06:00:00.000Z'],
    ['07:00:00', null],
    ['06:00:00', null],
    ['22:00:00', null],
  ])('22:00-06:00 at %s', (time, expected) =>
    expect(end([range('22:00:00', '06:00:00')], `2026-03-10T${time}Z`)).toBe(expected),
  );

  it('give the longest of two overlapping windows', () => {
    expect(end([range('08:00:00', '12:00:00'), range('09:00:00', '17:00:00')], '2026-03-10T10:00:00Z')).toBe(
      '2026-03-10T17:00:00.000Z',
    );
    expect(end([range('09:00:00', '17:00:00'), range('08:00:00', '12:00:00')], '2026-03-10T10:00:00Z')).toBe(
      '2026-03-10T17:00:00.000Z',
    );
  });

  it('are those of the place', () => {
    expect(end([range('08:00:00', '17:00:00')], '2026-07-01T06:30:00Z', 'Europe/Berlin')).toBe(
      '2026-07-01T15:00:00.000Z',
    );
    expect(end([range('08:00:00', '17:00:00')], '2026-01-01T06:30:00Z', 'Europe/Berlin')).toBeNull();
    expect(end([range('08:00:00', '17:00:00')], '2026-01-01T23:30:00Z', 'Asia/Tokyo')).toBe('2026-01-02T08:00:00.000Z');
  });

  it('follow the clock on the days it changes', () => {
    // New York, 8 March 2026: 02:00 becomes 03:00. 1 November: 02:00 becomes 01:00.
    expect(end([range('01:00:00', '04:00:00')], '2026-03-08T06:30:00Z', 'America/New_York')).toBe(
      '2026-03-08T08:00:00.000Z',
    );
    expect(end([range('22:00:00', '06:00:00')], '2026-03-08T04:30:00Z', 'America/New_York')).toBe(
      '2026-03-08T10:00:00.000Z',
    );
    expect(end([range('00:30:00', '03:00:00')], '2026-11-01T05:00:00Z', 'America/New_York')).toBe(
      '2026-11-01T08:00:00.000Z',
    );
    // A start within the hour that does not exist: Go takes 02:30 for 01:30.
    expect(end([range('02:30:00', '05:00:00')], '2026-03-08T06:15:00Z', 'America/New_York')).toBeNull();
    expect(end([range('02:30:00', '05:00:00')], '2026-03-08T06:45:00Z', 'America/New_York')).toBe(
      '2026-03-08T09:00:00.000Z',
    );
  });

  it('refuse what cannot be read', () => {
    expect(end([range('25:00:00', '26:00:00')], '2026-03-10T10:00:00Z')).toBeNull();
    expect(end([range('', '')], '2026-03-10T10:00:00Z')).toBeNull();
    expect(end([range('00:00:00', '23:59:59')], '2026-03-10T10:00:00Z', 'Nowhere/Town')).toBeNull();
    expect(code(() => checkTimes({ times: [range('', '')] }, NOW))).toBe('ERR_USER_TIME');
    expect(checkTimes({ times: [] }, NOW)).toBe(Infinity);
  });

  it('know time zones by their own spelling', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'US/Eastern', 'Asia/Kolkata', 'Local'])
      expect(isTimeZone(name)).toBe(true);
    for (const name of ['europe/berlin', 'Nowhere/Town', '+01:00', '../etc', '/etc/x', 'x'.repeat(300), ''])
      expect(isTimeZone(name)).toBe(false);
  });
});
