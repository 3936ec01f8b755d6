import { isNatsctlError } from '../../claims/errors.js';
import {
  currentStep,
  type Diagnosis,
  diagnosisOf,
  type Examination,
  examineClaims,
  type Patient,
  thrown,
} from '../../claims/explain/diagnosis.js';
import type { Step } from '../../claims/explain/step.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { accountOfUser } from '../../claims/trust/user.js';
import type { Account } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { type Caller, hasRight } from '../auth/rights.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';

/**
 * Why a server refuses this JWT: every check of a server at connect with the account as this service holds it, and whether each
 * server it is linked to has confirmed that account. An account the caller may not read is none that is known.
 */
export async function diagnose(
  service: Service,
  caller: Caller,
  { token, ip }: { token: string; ip?: string | undefined },
): Promise<Diagnosis> {
  const examinations: Examination[] = [];
  const patient = readPatient(token, examinations);
  if (patient === null) return diagnosisOf(null, examinations);
  const { store, now } = service;
  const row = await store.db.account.findUnique({ where: { key: patient.account } });
  const known = row && hasRight(caller, 'read', { operator: row.operatorKey, account: row.key }) ? row : null;
  const operator = known && (await servedOperator(store.db, known.operatorKey));
  const account = known && readStored('account', known);
  const steps = examineClaims(patient, operator?.claims ?? null, account, { now: now(), ip });
  const where = operator ? `operator ${operator.row.name}` : 'this service';
  examinations.push({ source: 'service', where, steps });
  if (known !== null) {
    steps.push(...(await heldStep(service, patient)));
    examinations.push(...(await examineServers(service, known)));
  }
  return diagnosisOf(patient, examinations);
}

function readPatient(token: string, examinations: Examination[]): Patient | null {
  const steps: Step[] = [];
  examinations.push({ source: 'creds', where: 'request', steps });
  try {
    const jwt = decodeAs('user', token);
    steps.push({ outcome: 'pass', check: 'creds', message: 'it is a user JWT; its seed is not looked at here' });
    return { jwt, account: accountOfUser(jwt) };
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    steps.push(thrown('creds', error));
    return null;
  }
}

/** A JWT that is older than the user's here. Of users made elsewhere nothing is known. */
async function heldStep({ store }: Service, { jwt, account }: Patient): Promise<Step[]> {
  const row = await store.db.user.findUnique({ where: { key: jwt.claims.sub } });
  if (!row || row.accountKey !== account || row.jwt === null) return [];
  const held = readStored('user', { key: row.key, jwt: row.jwt });
  return [currentStep(jwt, held, 'service', 'use the newest creds of the user')];
}

/** What the servers said last of the account as it is now. */
async function examineServers({ store }: Service, { key, jti }: Account): Promise<Examination[]> {
  const rows = await store.db.announcement.findMany({ where: { accountKey: key, jti } });
  return rows.map(({ linkId, state, answers }) => {
    const said = JSON.parse(answers) as ServerAnswer[];
    const steps: Step[] = said.map(({ server, ok, message }) => ({
      outcome: ok ? 'pass' : 'warn',
      check: 'server.account',
      message: `server ${server}: ${message}`,
    }));
    if (state !== 'acked') {
      const message = 'not every server has confirmed the account as it is here: it is announced until they have';
      steps.push({ outcome: 'warn', check: 'server.account', message, hint: 'look at the links: GET /api/v1/links' });
    }
    return { source: 'server', where: `link ${linkId}`, steps };
  });
}
