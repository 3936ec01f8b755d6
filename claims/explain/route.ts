/** Where a message goes beyond its account, and where it may come from: exports, imports and the mappings on the way. */
import { isNatsctlError } from '../errors.js';
import { matches, overlaps } from '../subject/match.js';
import type { VerifiedAccount } from '../trust/account.js';
import type { AccountClaims, Export, ExportType } from '../types.js';
import { type ImportVerdict, judgeImport, subjectsOf } from './import.js';
import { destinations } from './mapping.js';
import type { Realm } from './realm.js';
import type { Step } from './step.js';

/** Imports a request may pass one after the other; beyond lies no real set-up. */
const MAX_HOPS = 32;

/** What else happens to a message that may be published. Nothing of it refuses the publishing. */
export function explainRoutes(account: VerifiedAccount, subject: string, realm: Realm): Step[] {
  const steps = serviceSteps(account, subject, realm).map((step): Step => {
    return step.outcome === 'fail' ? { ...step, outcome: 'warn' } : step;
  });
  return [...steps, ...streamSteps(account, subject, realm)];
}

/** As `explainRoutes` for a request: where all services it could reach refuse, it fails. */
export function explainRequestRoutes(account: VerifiedAccount, subject: string, realm: Realm): Step[] {
  const steps = serviceSteps(account, subject, realm);
  const works = steps.some(({ outcome }) => outcome === 'pass');
  if (works) return steps.map((step) => (step.outcome === 'fail' ? { ...step, outcome: 'warn' } : step));
  if (steps.length > 0) return steps;
  const message = 'no import covers it: those who answer must be in the same account';
  return [{ outcome: 'info', check: 'route.local', message }, ...streamSteps(account, subject, realm)];
}

function serviceSteps(
  { claims }: { claims: AccountClaims },
  subject: string,
  realm: Realm,
  way: readonly Export[] = [],
): Step[] {
  const steps: Step[] = [];
  for (const [index, claim] of claims.nats.imports.entries()) {
    const local = subjectsOf(claim)?.local;
    if (claim.type !== 'service' || local === undefined || !matches(local, subject)) continue;
    const verdict = judgeImport(claims, claim, realm);
    if (!verdict.works) {
      steps.push(refused(claims, index, verdict));
      continue;
    }
    const remote = verdict.subjects.toRemote.apply(subject);
    if (remote === null) continue;
    const path = `/nats/imports/${index}`;
    const token = { kind: 'account' as const, key: claims.sub, path };
    if (way.includes(verdict.export) || way.length >= MAX_HOPS) {
      const message = `the service ${quoted(subject)} would come round in a circle, where servers stop it`;
      steps.push({ outcome: 'warn', check: 'route.service', token, message });
      continue;
    }
    const exporter = verdict.exporter.claims;
    const by = `account ${nameOf(exporter)}, whose export of ${quoted(verdict.export.subject)} allows it`;
    steps.push({
      outcome: 'pass',
      check: 'route.service',
      token,
      crosses: exporter.sub,
      message: `a service import takes it to ${quoted(remote)} of ${by}${privacy(verdict.export)}`,
    });
    steps.push(...beyond(exporter, remote, realm, [...way, verdict.export]));
  }
  return steps;
}

/** In the exporting account: its mappings, then its own imports. */
function beyond(exporter: AccountClaims, remote: string, realm: Realm, way: readonly Export[]): Step[] {
  const steps: Step[] = [];
  for (const { subject, percent } of destinations(exporter, remote)) {
    const share = percent < 100 ? ` (${percent} of 100)` : '';
    const token = { kind: 'account' as const, key: exporter.sub, path: '/nats/mappings' };
    if (subject === null) {
      const message = `the mappings of account ${nameOf(exporter)} drop it${share}`;
      steps.push({ outcome: 'warn', check: 'mapping', token, message });
      continue;
    }
    if (subject !== remote || share !== '') {
      const message = `the mappings of account ${nameOf(exporter)} take it to ${quoted(subject)}${share}`;
      steps.push({ outcome: 'info', check: 'mapping', token, message });
    }
    steps.push(...serviceSteps({ claims: exporter }, subject, realm, way));
  }
  return steps;
}

/** Accounts that have this subject as a stream. */
function streamSteps({ claims }: VerifiedAccount, subject: string, realm: Realm): Step[] {
  const steps: Step[] = [];
  for (const id of realm.ids()) {
    const importer = realm.find(id)?.claims;
    for (const [index, claim] of (importer?.nats.imports ?? []).entries()) {
      const remote = subjectsOf(claim)?.remote;
      if (importer === undefined || claim.account !== claims.sub || claim.type !== 'stream') continue;
      if (remote === undefined || !matches(remote, subject) || !inUse(id, realm)) continue;
      const verdict = judgeImport(importer, claim, realm);
      const token = { kind: 'account' as const, key: id, path: `/nats/imports/${index}` };
      if (verdict.works) {
        const local = verdict.subjects.toLocal.apply(subject);
        const message = `account ${nameOf(importer)} gets it as ${quoted(local ?? '')}, by a stream import`;
        steps.push({ outcome: 'info', check: 'route.stream', token, message });
      } else steps.push({ ...refused(importer, index, verdict), outcome: 'warn' });
    }
  }
  return steps;
}

/** Streams of other accounts that a subscription gets. */
export function explainSources({ claims }: VerifiedAccount, subject: string, realm: Realm): Step[] {
  const steps: Step[] = [];
  for (const [index, claim] of claims.nats.imports.entries()) {
    const local = subjectsOf(claim)?.local;
    if (claim.type !== 'stream' || local === undefined || !overlaps(local, subject)) continue;
    const verdict = judgeImport(claims, claim, realm);
    const token = { kind: 'account' as const, key: claims.sub, path: `/nats/imports/${index}` };
    if (verdict.works) {
      const { exporter, subjects } = verdict;
      const message = `it gets ${quoted(subjects.remote)} of account ${nameOf(exporter.claims)} as ${quoted(subjects.local)}${privacy(verdict.export)}`;
      steps.push({ outcome: 'info', check: 'source.stream', token, crosses: exporter.claims.sub, message });
    } else {
      const step = refused(claims, index, verdict);
      steps.push({ ...step, outcome: step.outcome === 'unknown' ? 'unknown' : 'warn' });
    }
  }
  return steps;
}

function refused(
  importer: AccountClaims,
  index: number,
  { claim, error, unknown }: Extract<ImportVerdict, { works: false }>,
): Step {
  const ofToken = error.code.startsWith('ERR_ACTIVATION_') && error.code !== 'ERR_ACTIVATION_MISSING';
  const path = `/nats/imports/${index}${ofToken ? '/token' : ''}`;
  const token = { kind: 'account' as const, key: importer.sub, path };
  const check = checkOf(claim.type);
  const message = `its ${claim.type} import of ${quoted(claim.subject)} does not work: ${error.message}`;
  const crosses = claim.account;
  if (unknown) return { outcome: 'unknown', check, token, crosses, message, code: error.code };
  const hint = error.hint ?? 'correct the import';
  return { outcome: 'fail', check, token, crosses, message, code: error.code, hint };
}

function checkOf(type: ExportType): string {
  return type === 'service' ? 'route.service' : 'source.stream';
}

function inUse(id: string, realm: Realm): boolean {
  try {
    realm.verified(id);
    return true;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}

function privacy(found: Export): string {
  return found.token_req === true ? ', with a good activation token' : '';
}

function nameOf({ name, sub }: AccountClaims): string {
  return name || sub;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
