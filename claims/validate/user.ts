/** Users: permissions and limits, which are also those of templates and of an account's defaults. */
import { isPublicKey } from '../keys/nkey.js';
import { checkSubject } from '../subject/subject.js';
import { isConnectionType } from '../trust/connection-type.js';
import { parseNetwork } from '../trust/ip.js';
import { isTimeZone, secondsOfDay } from '../trust/times.js';
import type { Permissions, UserClaims, UserPermissionLimits } from '../types.js';
import { collect, type Issue, type IssuePath, quote, type Report } from './issues.js';

export function checkUser({ nats }: UserClaims, report: Report): void {
  checkLimits(nats, ['nats'], report);
  if (nats.issuer_account !== undefined && !isPublicKey(nats.issuer_account, 'account')) {
    report('ERR_USER_ISSUER_ACCOUNT', ['nats', 'issuer_account'], 'the issuer account is not an account public key');
  }
}

/** The issues of permissions and limits alone, as they come out of a template. */
export function limitIssues(limits: UserPermissionLimits): Issue[] {
  const { issues, report } = collect();
  checkLimits(limits, [], report);
  return issues;
}

export function checkLimits(limits: UserPermissionLimits, at: IssuePath, report: Report): void {
  checkPermissions(limits, at, report);
  checkConditions(limits, at, report);
}

/** Permission lists. nats-server splits them at white space, so any but the one space before a queue is refused. */
export function checkPermissions({ pub, sub }: Permissions, at: IssuePath, report: Report): void {
  const lists = [
    ['sub', 'allow', sub.allow],
    ['sub', 'deny', sub.deny],
    ['pub', 'allow', pub.allow],
    ['pub', 'deny', pub.deny],
  ] as const;
  for (const [side, list, entries] of lists) {
    for (const [index, entry] of entries.entries())
      checkPermission(entry, side === 'sub', [...at, side, list, index], report);
  }
}

export function checkPermission(entry: string, mayHaveQueue: boolean, at: IssuePath, report: Report): void {
  const [subject = '', queue, more] = entry.split(' ', 3);
  const fault =
    more === undefined
      ? (checkSubject(subject) ?? (queue === undefined ? null : checkSubject(queue)))
      : 'it has too many spaces';
  if (fault !== null) report('ERR_PERMISSION_SUBJECT', at, `the permission ${quote(entry)} is not usable: ${fault}`);
  if (queue !== undefined && !mayHaveQueue) {
    report(
      'ERR_PERMISSION_QUEUE',
      at,
      `the permission ${quote(entry)} names a queue group, which only subscribing has`,
    );
  }
}

/** Everything but the permission lists. */
export function checkConditions(limits: UserPermissionLimits, at: IssuePath, report: Report): void {
  for (const [index, cidr] of limits.src.entries()) {
    if (parseNetwork(cidr) === null)
      report('ERR_USER_SOURCE_NETWORK', [...at, 'src', index], `${quote(cidr)} is not a network like 10.0.0.0/8`);
  }
  for (const [index, range] of limits.times.entries()) {
    for (const side of ['start', 'end'] as const) {
      if (secondsOfDay(range[side]) === null) {
        report(
          'ERR_USER_TIME_RANGE',
          [...at, 'times', index, side],
          `${quote(range[side])} is not a time of day like 08:30:00`,
        );
      }
    }
  }
  const zone = limits.times_location;
  if (zone !== undefined && zone !== '' && !isTimeZone(zone)) {
    report('ERR_USER_TIME_ZONE', [...at, 'times_location'], `${quote(zone)} is not a time zone like Europe/Paris`);
  }
  for (const [index, type] of limits.allowed_connection_types.entries()) {
    if (!isConnectionType(type)) {
      report(
        'ERR_USER_UNKNOWN_CONNECTION_TYPE',
        [...at, 'allowed_connection_types', index],
        `${quote(type)} is not a known connection type`,
      );
    }
  }
}
