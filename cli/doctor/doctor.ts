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
import type { AccountClaims, Decoded, UserClaims } from '../../claims/types.js';
import { fetchAccount, fetchOperator } from '../../resolver/http.js';
import { openClient } from '../client/connection.js';
import type { TlsChoice } from '../client/tls.js';
import { cliError } from '../errors.js';
import { readCreds } from '../store/keystore.js';
import {
  findAccountByKey,
  listOperatorNames,
  type OperatorStore,
  openOperator,
  readOperator,
  type StoredAccount,
  withoutDamaged,
} from '../store/store.js';
import { listUsers } from '../store/users.js';
import { serviceFault } from '../sync/service-url.js';

export interface Complaint {
  creds: string;
  /** Where the local operators are. */
  storeRoot: string;
  /** Default: whichever holds the account. */
  operator?: string | undefined;
  service?: string | undefined;
  server?: string | undefined;
  tls?: TlsChoice | undefined;
  /** Where the user connects from, as far as it is known. */
  ip?: string | undefined;
  /** Unix seconds. */
  now: number;
}

/**
 * Why a server says "Authorization Violation": each check it makes at connect, with the account as the local store has it, as
 * the service has it, and what the server itself says.
 */
export async function diagnose(complaint: Complaint): Promise<Diagnosis> {
  const examinations: Examination[] = [];
  const patient = await readPatient(complaint.creds, examinations);
  if (patient !== null) {
    const local = await examineStore(patient, complaint);
    examinations.push(local.examination);
    if (complaint.service !== undefined) {
      examinations.push(await examineService(patient, complaint, complaint.service, local.account));
    }
    if (complaint.server !== undefined) {
      const known = examinations.flatMap(({ steps }) => steps).some(({ outcome }) => outcome === 'fail');
      examinations.push(await examineServer(complaint, complaint.server, known));
    }
  }
  return diagnosisOf(patient, examinations);
}

async function readPatient(file: string, examinations: Examination[]): Promise<Patient | null> {
  const steps: Step[] = [];
  examinations.push({ source: 'creds', where: file, steps });
  try {
    const { token, seed } = await readCreds(file);
    const signsWith = seed.publicKey;
    seed.wipe();
    const jwt = decodeAs('user', token);
    steps.push({ outcome: 'pass', check: 'creds', message: 'the file holds a user JWT and the seed of that user' });
    return { jwt, account: accountOfUser(jwt), signsWith };
  } catch (error) {
    steps.push(thrown('creds', error));
    return null;
  }
}

async function examineStore(
  patient: Patient,
  { storeRoot, operator, ip, now }: Complaint,
): Promise<{ examination: Examination; account: StoredAccount | null }> {
  const examination: Examination = { source: 'store', where: storeRoot, steps: [] };
  try {
    const names = operator === undefined ? await listOperatorNames(storeRoot) : [operator];
    for (const name of names) {
      const store = await openOperator(storeRoot, name);
      const account = await findAccountByKey(store, patient.account);
      if (account === undefined) continue;
      examination.where = `${storeRoot}, operator ${name}`;
      const { claims } = await readOperator(store);
      examination.steps = examineClaims(patient, claims, account.jwt, { now, ip });
      examination.steps.push(...(await asStored(store, account, patient.jwt)));
      return { examination, account };
    }
  } catch (error) {
    examination.steps.push(thrown('store', error));
    return { examination, account: null };
  }
  examination.steps.push({
    outcome: 'unknown',
    check: 'account.known',
    token: { kind: 'account', key: patient.account, path: '' },
    message: `the account ${patient.account} is not in this store`,
    hint: `fetch it with \`natsctl pull ${patient.account}\`, or ask a service: --service`,
  });
  return { examination, account: null };
}

/** Creds that are older than the user's JWT in the store. */
async function asStored(store: OperatorStore, account: StoredAccount, jwt: Decoded<UserClaims>): Promise<Step[]> {
  const users = withoutDamaged(await listUsers(store, account.name));
  const stored = users.find((user) => user.jwt.claims.sub === jwt.claims.sub);
  const token = { kind: 'user' as const, key: jwt.claims.sub, path: '' };
  if (stored === undefined) {
    const message = 'the store has no such user: what it may do was decided elsewhere, or it was deleted here';
    return [{ outcome: 'info', check: 'creds.current', token, message }];
  }
  const hint = `natsctl user creds ${stored.name} --account ${account.name} --output FILE --force`;
  return [currentStep(jwt, stored.jwt, 'store', hint)];
}

async function examineService(
  patient: Patient,
  { ip, now }: Complaint,
  service: string,
  local: StoredAccount | null,
): Promise<Examination> {
  const steps: Step[] = [];
  const examination: Examination = { source: 'service', where: service, steps };
  try {
    const operator = await fetchOperator(service);
    const account = await fetchAccount(service, patient.account);
    steps.push({ outcome: 'pass', check: 'service', message: 'the service answers' });
    if (operator === null) {
      const message = 'the service serves no operator';
      steps.push({ outcome: 'fail', check: 'service.operator', message, hint: 'natsctl push, or start it with one' });
      return examination;
    }
    const remote = account === null ? null : decodeAs('account', account.token);
    steps.push(...examineClaims(patient, decodeAs('operator', operator.token).claims, remote, { now, ip }));
    if (local !== null && remote !== null) steps.push(sameAsLocal(local, remote));
  } catch (error) {
    steps.push(thrown('service', serviceFault(error)));
  }
  return examination;
}

function sameAsLocal(local: StoredAccount, remote: Decoded<AccountClaims>): Step {
  const token = { kind: 'account' as const, key: remote.claims.sub, path: '' };
  if (local.jwt.token === remote.token) {
    return {
      outcome: 'pass',
      check: 'account.pushed',
      token,
      message: 'the service has the account as this store has it',
    };
  }
  const newer = local.jwt.claims.iat > remote.claims.iat;
  return {
    outcome: 'warn',
    check: 'account.pushed',
    token,
    message: newer ? 'the account is newer here than at the service' : 'the service has another JWT of the account',
    hint: newer ? `natsctl push ${local.name}` : `natsctl pull ${local.name}`,
  };
}

/** What the server says, which is no more than yes or no. */
async function examineServer({ creds, tls }: Complaint, server: string, known: boolean): Promise<Examination> {
  const steps: Step[] = [];
  const noStore = () => Promise.reject(cliError('ERR_USAGE', 'the store is not needed'));
  try {
    const { connection } = await openClient({ ...tls, creds, server, reconnect: false }, noStore);
    const { server_name: name, version } = connection.info ?? {};
    const ms = await connection.rtt();
    await connection.close();
    const message = `the server ${name ?? ''} ${version ?? ''} lets it in (${ms} ms there and back)`;
    steps.push({ outcome: 'pass', check: 'server.connect', message });
  } catch (error) {
    const step = thrown('server.connect', error);
    const hint = known
      ? 'the check that fails above is the reason'
      : 'nothing above is a reason: the server may hold an older JWT of the account (`natsctl push`) or trust another operator';
    steps.push(isNatsctlError(error, 'ERR_BROKER_AUTHORIZATION') ? { ...step, hint } : step);
  }
  return { source: 'server', where: server, steps };
}
