/** What `natsctl doctor` and `/api/v1/doctor` tell, and how they come to it. */
import { isNatsctlError, NatsctlError } from '../errors.js';
import { timeText } from '../trust/account.js';
import { trustOperators } from '../trust/operators.js';
import type { AccountClaims, Decoded, OperatorClaims, UserClaims } from '../types.js';
import { explainConnect } from './connect.js';
import { makeRealm, type Realm } from './realm.js';
import { failed, type Step } from './step.js';

export interface Examination {
  /** Where the account and the operator were taken from. */
  source: 'creds' | 'store' | 'service' | 'server';
  where: string;
  steps: Step[];
}

export interface Diagnosis {
  /** Nothing failed. */
  ok: boolean;
  user: string | null;
  account: string | null;
  examinations: Examination[];
}

export interface Patient {
  jwt: Decoded<UserClaims>;
  /** The account that its JWT names. */
  account: string;
  /** Public key of its seed; absent where only the JWT is at hand. */
  signsWith?: string | undefined;
}

export function diagnosisOf(patient: Patient | null, examinations: Examination[]): Diagnosis {
  return {
    ok: !examinations.some(({ steps }) => failed(steps)),
    user: patient?.jwt.claims.sub ?? null,
    account: patient?.account ?? null,
    examinations,
  };
}

/** Every check of a server at connect, with the account as it is held somewhere; null where it is not there. */
export function examineClaims(
  { jwt, signsWith }: Patient,
  operator: OperatorClaims | null,
  account: Decoded<AccountClaims> | null,
  { now, ip }: { now: number; ip?: string | undefined },
): Step[] {
  let realm: Realm;
  try {
    const trusted = trustOperators(operator === null ? [] : [operator]);
    realm = makeRealm(trusted, account === null ? [] : [account], now, accountAbsent);
  } catch (error) {
    return [thrown('operator', error)];
  }
  return explainConnect(jwt, realm, { ...(signsWith !== undefined && { signsWith }), ...(ip !== undefined && { ip }) })
    .steps;
}

/** Whether a JWT is the one that is held of the user. */
export function currentStep(
  jwt: Decoded<UserClaims>,
  held: Decoded<UserClaims>,
  holder: 'store' | 'service',
  hint: string,
): Step {
  const token = { kind: 'user' as const, key: jwt.claims.sub, path: '' };
  if (held.token === jwt.token) {
    return { outcome: 'pass', check: 'creds.current', token, message: `the creds hold the JWT of the ${holder}` };
  }
  const message = `the ${holder} holds another JWT of this user, issued ${timeText(held.claims.iat)}; the creds hold one of ${timeText(jwt.claims.iat)}`;
  return { outcome: 'warn', check: 'creds.current', token, message, hint };
}

export function thrown(check: string, error: unknown): Step {
  if (!isNatsctlError(error)) throw error;
  const { code, hint, message } = error;
  return { outcome: 'fail', check, message, code, ...(hint !== undefined && { hint }) };
}

function accountAbsent(id: string): Error {
  return new NatsctlError('ERR_ACCOUNT_UNKNOWN', `the account ${id} is not known here`);
}
