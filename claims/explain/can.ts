/**
 * May this user publish, subscribe, request, and why? From the JWTs alone: what a server would decide, step by step, with the
 * token and the entry that decides, through mappings and across accounts.
 */
import { effectivePermissions, hasPermissions } from '../permission/defaults.js';
import { compilePermissions } from '../permission/permission.js';
import { isLiteralSubject, isValidSubject } from '../subject/subject.js';
import type { VerifiedUser } from '../trust/user.js';
import type { Decoded, Permissions, UserClaims } from '../types.js';
import { type Circumstances, explainConnect } from './connect.js';
import { destinations } from './mapping.js';
import { keptBack, type Ruling, rulePublish, ruleSubscribe } from './permission.js';
import type { Realm } from './realm.js';
import { explainRequestRoutes, explainRoutes, explainSources } from './route.js';
import type { Step } from './step.js';

export type Action = 'pub' | 'sub' | 'request';

export interface Question extends Circumstances {
  action: Action;
  subject: string;
  queue?: string;
  /** Prefix of the subjects that requests are answered on. Default: `_INBOX`, as in every client. */
  inbox?: string;
  /** Name of the server's cluster, for mappings that depend on it. */
  cluster?: string;
}

export interface Explanation {
  /** `sometimes`: a weighted mapping has both ends. */
  answer: 'yes' | 'no' | 'sometimes';
  steps: Step[];
}

/** Subjects of each account's own that servers answer (nats-server's automatic system imports). */
const OF_THE_SERVER = [
  '$SYS.REQ.USER.INFO',
  '$SYS.REQ.ACCOUNT.PING.CONNZ',
  '$SYS.REQ.ACCOUNT.PING.STATZ',
  '$SYS.REQ.SERVER.PING.CONNZ',
];

export function explainCan(jwt: Decoded<UserClaims>, question: Question, realm: Realm): Explanation {
  const { steps, user } = explainConnect(jwt, realm, question);
  if (user === null) return { answer: 'no', steps };
  const source = permissionSource(user);
  steps.push(source.step);
  switch (question.action) {
    case 'sub':
      return { answer: subscribe(user, source, question, realm, steps), steps };
    case 'pub':
      return { answer: publish(user, source, question, realm, steps), steps };
    case 'request': {
      const replies = reply(source, question, steps);
      const publishes = publish(user, source, question, realm, steps);
      return { answer: replies ? publishes : 'no', steps };
    }
  }
}

/** Where the permissions that hold are written. */
interface PermissionSource {
  permissions: Permissions;
  token: NonNullable<Step['token']>;
  /** Its entries stand there as they are: a template's are filled. */
  verbatim: boolean;
  step: Step;
}

function permissionSource({ claims, account, scope, limits }: VerifiedUser): PermissionSource {
  const owner = account.claims;
  const permissions = effectivePermissions(limits, owner.nats.default_permissions);
  const told = (kind: 'user' | 'account', path: string, message: string, verbatim = true): PermissionSource => {
    const token = { kind, key: kind === 'user' ? claims.sub : owner.sub, path };
    return { permissions, token, verbatim, step: { outcome: 'info', check: 'permissions.source', token, message } };
  };
  if (hasPermissions(limits)) {
    if (scope === null) return told('user', '/nats', 'its own permissions hold');
    const template = `/nats/signing_keys/${scope.key}/template`;
    return told('account', template, `the permissions of its role ${JSON.stringify(scope.role)} hold`, false);
  }
  const none = !hasPermissions(owner.nats.default_permissions);
  const message = none
    ? 'neither the user nor the account has permissions: everything is allowed'
    : 'it has no permissions of its own, so the default permissions of the account hold';
  return told('account', '/nats/default_permissions', message);
}

function publish(
  user: VerifiedUser,
  source: PermissionSource,
  { action, subject, cluster }: Question,
  realm: Realm,
  steps: Step[],
): Explanation['answer'] {
  const { claims } = user.account;
  if (!isLiteralSubject(subject)) {
    const hint = 'words with dots between them, without spaces, * and >';
    steps.push({ outcome: 'fail', check: 'subject', message: `nobody publishes to ${quoted(subject)}`, hint });
    return 'no';
  }
  steps.push(...payloadLimit(user));
  const answers: boolean[] = [];
  const ways = destinations(claims, subject, cluster);
  for (const way of ways) {
    const share = ways.length > 1 ? ` (${way.percent} of 100)` : '';
    const token = { kind: 'account' as const, key: claims.sub, path: '/nats/mappings' };
    if (way.subject === null) {
      const message = `the mappings of the account drop it${share}`;
      steps.push({ outcome: 'fail', check: 'mapping', token, message, hint: 'change the mapping' });
      answers.push(false);
      continue;
    }
    if (way.subject !== subject || ways.length > 1) {
      const message = `the mappings of the account take it to ${quoted(way.subject)}${share}; that is what is judged`;
      steps.push({ outcome: 'info', check: 'mapping', token, message });
    }
    answers.push(publishTo(user, source, way.subject, action, realm, steps));
  }
  return answers.every(Boolean) ? 'yes' : answers.includes(true) ? 'sometimes' : 'no';
}

function publishTo(
  user: VerifiedUser,
  source: PermissionSource,
  subject: string,
  action: Action,
  realm: Realm,
  steps: Step[],
): boolean {
  const { claims, operator } = user.account;
  const system = operator.nats.system_account === claims.sub;
  if (subject.startsWith('_GR_.') || (subject.startsWith('$NRG.') && !system)) {
    const message = `${quoted(subject)} is kept for servers`;
    steps.push({ outcome: 'fail', check: 'subject', message, hint: 'choose another subject' });
    return false;
  }
  const ruling = rulePublish(source.permissions, subject);
  steps.push(ruled('publish', subject, ruling, source));
  if (!ruling.allowed) {
    if (source.permissions.resp !== undefined) {
      const message = 'it may publish there only as the answer to a request it got';
      steps.push({ outcome: 'info', check: 'publish.response', token: at(source, '/resp'), message });
    }
    return false;
  }
  if (action === 'pub') {
    steps.push(...explainRoutes(user.account, subject, realm));
    return true;
  }
  if (OF_THE_SERVER.includes(subject)) {
    steps.push({ outcome: 'pass', check: 'route.server', message: 'the server itself answers it' });
    return true;
  }
  const routes = explainRequestRoutes(user.account, subject, realm);
  steps.push(...routes);
  return !routes.some(({ outcome }) => outcome === 'fail');
}

/** Requests are answered on a subject of the requester's: it must get what comes there. */
function reply(source: PermissionSource, { inbox = '_INBOX' }: Question, steps: Step[]): boolean {
  // Clients subscribe once to all their answers, and ask with one of these.
  const subject = `${inbox}.0000000000000000000000.*`;
  const ruling = ruleSubscribe(source.permissions, subject);
  const step = ruled('subscribe', subject, ruling, source);
  const message = ruling.allowed ? step.message : `${step.message}, where its answers come`;
  steps.push({ ...step, check: 'request.inbox', message });
  if (!ruling.allowed) return false;
  const kept = keptBack(source.permissions, subject)[0];
  if (kept === undefined) return true;
  const denied = compilePermissions(source.permissions).deliveryFilter(subject);
  const all = denied?.(`${inbox}.0000000000000000000000.1`) === true;
  const text = `${quoted(kept.entry?.text ?? '')} keeps ${all ? '' : 'some '}answers back`;
  steps.push({
    outcome: all ? 'fail' : 'warn',
    check: 'request.inbox',
    token: entryAt(source, 'sub', kept),
    message: text,
  });
  return !all;
}

function subscribe(
  user: VerifiedUser,
  source: PermissionSource,
  { subject, queue }: Question,
  realm: Realm,
  steps: Step[],
): Explanation['answer'] {
  const group = queue || undefined;
  if (!isValidSubject(subject)) {
    const hint = 'words with dots between them; * stands for one word, > at the end for all the rest';
    steps.push({ outcome: 'fail', check: 'subject', message: `${quoted(subject)} is no subject`, hint });
    return 'no';
  }
  const ruling = ruleSubscribe(source.permissions, subject, group);
  steps.push(ruled('subscribe', subject, ruling, source, group));
  if (!ruling.allowed) return 'no';
  for (const kept of keptBack(source.permissions, subject, group)) {
    const message = `messages on ${quoted(kept.entry?.text ?? '')} are kept back`;
    steps.push({ outcome: 'warn', check: 'subscribe.filter', token: entryAt(source, 'sub', kept), message });
  }
  const limit = subscriptionLimit(user);
  if (limit !== null) steps.push(limit);
  if (limit?.outcome === 'fail') return 'no';
  steps.push(...explainSources(user.account, subject, realm));
  return 'yes';
}

function ruled(verb: string, subject: string, ruling: Ruling, source: PermissionSource, queue?: string): Step {
  const side = verb === 'publish' ? 'pub' : 'sub';
  const what = `${verb} to ${quoted(subject)}${queue === undefined ? '' : ` in the queue ${quoted(queue)}`}`;
  const entry = quoted(ruling.entry?.text ?? '');
  const check = `${verb}.permission`;
  const token = entryAt(source, side, ruling);
  const hint = `change the permissions, or use another subject`;
  const says = (outcome: Step['outcome'], message: string): Step => {
    if (outcome === 'pass') return { outcome, check, token, message };
    return { outcome, check, token, message, code: 'ERR_BROKER_PERMISSION', hint };
  };
  switch (ruling.why) {
    case 'allowed':
      return says('pass', `it may ${what}: ${entry} is allowed`);
    case 'no list':
      return says('pass', `it may ${what}: there is no allow list, and nothing denies it`);
    case 'denied':
      return says('fail', `it may not ${what}: ${entry} is denied`);
    case 'not listed':
      return says(
        'fail',
        `it may not ${what}: no entry of the allow list covers ${verb === 'publish' ? 'it' : 'all of it'}`,
      );
    case 'responses only':
      return says('fail', `it may not ${what}: with response permissions and no allow list it may only respond`);
    case 'not a subject':
      return says('fail', `it may not ${what}: that is no subject`);
  }
}

function at({ token }: PermissionSource, path: string): NonNullable<Step['token']> {
  return { ...token, path: `${token.path}${path}` };
}

function entryAt(source: PermissionSource, side: 'pub' | 'sub', { entry }: Ruling): NonNullable<Step['token']> {
  if (entry === undefined) return at(source, `/${side}`);
  return at(source, `/${side}/${entry.list}${source.verbatim ? `/${entry.index}` : ''}`);
}

function payloadLimit({ claims, account, limits }: VerifiedUser): Step[] {
  const ofAccount = account.claims.nats.limits.payload;
  const [least, token] = smaller(ofAccount, limits.payload, account.claims.sub, claims.sub, 'payload');
  if (least < 0) return [];
  const message = least === 0 ? 'only empty messages' : `messages of at most ${least} bytes`;
  return [{ outcome: least === 0 ? 'warn' : 'info', check: 'limit.payload', token, message }];
}

function subscriptionLimit({ claims, account, limits }: VerifiedUser): Step | null {
  const ofAccount = account.claims.nats.limits.subs;
  const [least, token] = smaller(ofAccount, limits.subs, account.claims.sub, claims.sub, 'subs');
  if (least < 0) return null;
  if (least > 0)
    return { outcome: 'info', check: 'limit.subs', token, message: `at most ${least} subscriptions a connection` };
  return {
    outcome: 'fail',
    check: 'limit.subs',
    token,
    message: 'it may have no subscriptions',
    hint: 'raise the limit',
  };
}

function smaller(
  ofAccount: number,
  ofUser: number,
  account: string,
  user: string,
  name: string,
): [limit: number, token: NonNullable<Step['token']>] {
  const byUser = ofUser >= 0 && (ofAccount < 0 || ofUser < ofAccount);
  if (byUser) return [ofUser, { kind: 'user', key: user, path: `/nats/${name}` }];
  return [ofAccount, { kind: 'account', key: account, path: `/nats/limits/${name}` }];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
