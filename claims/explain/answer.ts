import { accountOfUser } from '../trust/user.js';
import type { Decoded, UserClaims } from '../types.js';
import { type Explanation, explainCan, type Question } from './can.js';
import type { Realm } from './realm.js';

/** What `natsctl explain can` and `GET /api/v1/explain` tell. */
export interface Answer extends Explanation {
  action: Question['action'];
  subject: string;
  user: string;
  userName: string | null;
  account: string;
  /** What the JWTs do not decide: it holds if these do. */
  depends: string[];
}

export function answerFor(jwt: Decoded<UserClaims>, question: Question, realm: Realm): Answer {
  const explanation = explainCan(jwt, question, realm);
  return {
    action: question.action,
    subject: question.subject,
    user: jwt.claims.sub,
    userName: jwt.claims.name ?? null,
    account: accountOfUser(jwt),
    ...explanation,
    depends: explanation.steps.filter(({ outcome }) => outcome === 'unknown').map(({ message }) => message),
  };
}
