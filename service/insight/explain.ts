import { type Answer, answerFor } from '../../claims/explain/answer.js';
import type { Question } from '../../claims/explain/can.js';
import type { Step } from '../../claims/explain/step.js';
import type { Caller } from '../auth/rights.js';
import type { Service } from '../service.js';
import { knownUser, type NamedUser } from './known-user.js';
import { neighbourhood } from './neighbours.js';

/** May the user do that, and why: as `natsctl explain can` says it, from the accounts of this service. */
export async function explain(
  { store: { db }, now }: Service,
  caller: Caller,
  question: Question & NamedUser,
): Promise<Answer> {
  const { row, operator, jwt } = await knownUser(db, caller, question);
  const { realm, mayRead } = await neighbourhood(db, caller, { account: row.accountKey, operator, now: now() });
  const answer = answerFor(jwt, question, realm);
  const steps = answer.steps.flatMap((step) => reduced(step, mayRead));
  return {
    ...answer,
    steps,
    depends: steps.filter(({ outcome }) => outcome === 'unknown').map(({ message }) => message),
  };
}

/** Of an account the caller may not read he is told that there is one, where something of his crosses into it, and nothing more. */
function reduced(step: Step, mayRead: (account: string) => boolean): Step[] {
  const { token, crosses, outcome, check } = step;
  if (token?.kind === 'account' && !mayRead(token.key)) return [];
  if (crosses === undefined || mayRead(crosses) || outcome === 'unknown') return [step];
  const how = outcome === 'pass' || outcome === 'info' ? 'works' : 'does not work';
  return [{ outcome, check, ...(token && { token }), message: `an import from another account ${how}` }];
}
