import { isPublicKey } from '../keys/nkey.js';
import { isSubset } from '../subject/match.js';
import { checkSubject, hasWildcard, tokenize } from '../subject/subject.js';
import type { Export, ServiceLatency } from '../types.js';
import { checkInfo } from './info.js';
import { type IssuePath, quote, type Report } from './issues.js';

export function checkExports(exports: readonly Export[], report: Report): void {
  for (const [index, item] of exports.entries()) checkExport(item, ['nats', 'exports', index], report);
  checkOverlaps(exports, report);
}

function checkExport(item: Export, at: IssuePath, report: Report): void {
  const named = `the export of ${quote(item.subject)}`;
  if (item.type !== 'stream' && item.type !== 'service')
    report('ERR_EXPORT_TYPE', [...at, 'type'], `${named} is neither stream nor service`);
  const fault = checkSubject(item.subject);
  if (fault !== null) report('ERR_EXPORT_SUBJECT', [...at, 'subject'], `${named} is not usable: ${fault}`);
  if (item.type === 'service') checkService(item, named, at, report);
  else checkStream(item, named, at, report);
  if (item.service_latency !== undefined) checkLatency(item.service_latency, named, [...at, 'service_latency'], report);
  if ((item.response_threshold ?? 0) < 0)
    report('ERR_EXPORT_THRESHOLD', [...at, 'response_threshold'], `${named} has a negative response threshold`);
  checkTokenPosition(item, named, at, report);
  checkInfo(item, at, report);
  for (const key of item.revocations.keys()) {
    if (key !== '*' && !isPublicKey(key, 'account')) {
      report(
        'ERR_EXPORT_REVOCATION_KEY',
        [...at, 'revocations', key],
        `${named} revokes ${quote(key)}, which is no account public key`,
      );
    }
  }
}

function checkService(item: Export, named: string, at: IssuePath, report: Report): void {
  const type = item.response_type ?? 'Singleton';
  if (!['Singleton', 'Stream', 'Chunked'].includes(type)) {
    report(
      'ERR_EXPORT_RESPONSE_TYPE',
      [...at, 'response_type'],
      `${named} has the response type ${quote(type)}, not Singleton, Stream or Chunked`,
    );
  }
}

function checkStream(item: Export, named: string, at: IssuePath, report: Report): void {
  if (item.type === 'stream' && item.response_type !== undefined) {
    report(
      'ERR_EXPORT_STREAM_RESPONSE_TYPE',
      [...at, 'response_type'],
      `${named} is a stream, which has no response type`,
    );
  }
  if (item.type === 'stream' && item.allow_trace) {
    report(
      'ERR_EXPORT_STREAM_TRACE',
      [...at, 'allow_trace'],
      `${named} is a stream: only services let traces through here`,
    );
  }
  if (item.service_latency !== undefined) {
    report(
      'ERR_EXPORT_STREAM_LATENCY',
      [...at, 'service_latency'],
      `${named} is no service, which alone has a latency`,
    );
  }
  if ((item.response_threshold ?? 0) > 0) {
    report(
      'ERR_EXPORT_STREAM_THRESHOLD',
      [...at, 'response_threshold'],
      `${named} is no service, which alone has a response threshold`,
    );
  }
}

function checkLatency({ sampling, results }: ServiceLatency, named: string, at: IssuePath, report: Report): void {
  if (sampling !== 'headers' && (sampling < 1 || sampling > 100)) {
    report(
      'ERR_EXPORT_LATENCY_SAMPLING',
      [...at, 'sampling'],
      `${named} samples ${sampling} percent; 1 to 100 can be, or headers`,
    );
  }
  const fault = checkSubject(results) ?? (hasWildcard(results) ? 'it has a wildcard' : null);
  if (fault !== null)
    report(
      'ERR_EXPORT_LATENCY_SUBJECT',
      [...at, 'results'],
      `${named} sends latencies to ${quote(results)}, which is not usable: ${fault}`,
    );
}

/** The token at that place (from 1) must be a `*`, which importers fill with their account's key. */
function checkTokenPosition(item: Export, named: string, at: IssuePath, report: Report): void {
  const position = item.account_token_position ?? 0;
  if (position === 0) return;
  const token = tokenize(item.subject)[position - 1];
  if (token !== '*') {
    const what =
      token === undefined ? 'the subject has not so many tokens' : `token ${position} is ${quote(token)}, not "*"`;
    report(
      'ERR_EXPORT_TOKEN_POSITION',
      [...at, 'account_token_position'],
      `${named} asks for the account's key in token ${position}, but ${what}`,
    );
  }
}

/** Two exports of one kind, one of which contains the other: which of them an import gets would be chance. */
function checkOverlaps(exports: readonly Export[], report: Report): void {
  for (const [index, outer] of exports.entries()) {
    const inner = exports.find(
      (other, at) =>
        at !== index &&
        (other.type === 'service') === (outer.type === 'service') &&
        contained(other.subject, outer.subject),
    );
    if (inner !== undefined) {
      report(
        'ERR_EXPORT_OVERLAP',
        ['nats', 'exports', index, 'subject'],
        `the ${outer.type} export of ${quote(outer.subject)} already covers that of ${quote(inner.subject)}`,
      );
    }
  }
}

function contained(inner: string, outer: string): boolean {
  return inner === outer || isSubset(inner, outer);
}
