import type { Broker } from '../broker.js';
import { accountInfo, accountz } from '../monitor/accountz.js';
import { accountStatz } from '../monitor/accstatz.js';
import { connz } from '../monitor/connz.js';
import { healthz } from '../monitor/healthz.js';
import { type ConnzOptions, MonitoringError } from '../monitor/options.js';
import { accountJsz, gatewayz, ipqueuesz, jsz, leafz, routez } from '../monitor/standalone.js';
import { subsz } from '../monitor/subsz.js';
import { varz } from '../monitor/varz.js';
import type { InternalMessage } from '../routing/internal.js';
import type { Question } from './answer.js';
import type { Fields, Values } from './request-options.js';

/** Names of nats-server's options, which are the same over HTTP but for a few (ConnzOptions, SubszOptions …). */
const CONNZ_FIELDS = {
  sort: 'string',
  auth: 'boolean',
  subscriptions: 'boolean',
  subscriptions_detail: 'boolean',
  offset: 'integer',
  limit: 'integer',
  cid: 'unsigned',
  mqtt_client: 'string',
  state: 'integer',
  user: 'string',
  acc: 'string',
  filter_subject: 'string',
} as const satisfies Fields;

const SUBSZ_FIELDS = {
  offset: 'integer',
  limit: 'integer',
  subscriptions: 'boolean',
  account: 'string',
  test: 'string',
} as const satisfies Fields;

const STATZ_FIELDS = { accounts: 'strings', include_unused: 'boolean' } as const satisfies Fields;
const SUBS_FIELDS = { subscriptions: 'boolean', subscriptions_detail: 'boolean' } as const satisfies Fields;
const HEALTHZ_FIELDS = {
  account: 'string',
  stream: 'string',
  consumer: 'string',
  details: 'boolean',
} as const satisfies Fields;

/** nats-server's ConnState. */
const STATES = ['open', 'closed', 'any'] as const;

function connzOptions(values: Values<typeof CONNZ_FIELDS>): ConnzOptions {
  return { ...values, state: STATES[values.state] ?? 'open' };
}

/** What was asked is told apart by its name alone: the fields of each are checked where it is made. */
export type AnyQuestion = Question<Fields>;

function question<F extends Fields>(
  fields: F,
  data: (values: Values<F>, message: InternalMessage) => object | undefined,
): AnyQuestion {
  return { fields, data: (values, message) => data(values as Values<F>, message) };
}

function unavailable(name: string): AnyQuestion {
  return question({}, () => {
    throw new MonitoringError(`${name} is not available`);
  });
}

/** `$SYS.REQ.SERVER.PING.<name>` and `$SYS.REQ.SERVER.<id>.<name>`, but for IDZ and STATSZ, whose answers have another shape. */
export function serverQuestions(broker: Broker): Readonly<Record<string, AnyQuestion>> {
  return {
    VARZ: question({}, () => varz(broker)),
    SUBSZ: question(SUBSZ_FIELDS, (values) => subsz(broker, values)),
    CONNZ: question(CONNZ_FIELDS, (values) => connz(broker, connzOptions(values))),
    ROUTEZ: question(SUBS_FIELDS, () => routez(broker)),
    GATEWAYZ: question(SUBS_FIELDS, () => gatewayz(broker)),
    LEAFZ: question(SUBS_FIELDS, () => leafz(broker)),
    ACCOUNTZ: question({ account: 'string' } as const, ({ account }) => accountz(broker, account)),
    JSZ: question({}, () => jsz(broker)),
    HEALTHZ: question(HEALTHZ_FIELDS, healthz),
    IPQUEUESZ: question({}, ipqueuesz),
    RAFTZ: question({}, () => ({})),
    // They tell of Go's runtime, and of the command line, which may hold a password.
    PROFILEZ: unavailable('profilez'),
    EXPVARZ: unavailable('expvarz'),
  };
}

/** `$SYS.REQ.ACCOUNT.<account>.<name>`; the account is the fourth token, whatever the body says. */
export function accountQuestions(broker: Broker): Readonly<Record<string, AnyQuestion>> {
  return {
    SUBSZ: question(SUBSZ_FIELDS, (values, message) =>
      subsz(broker, { ...values, subscriptions: true, account: accountIn(message) }),
    ),
    CONNZ: question(CONNZ_FIELDS, (values, message) => connzOf(broker, accountIn(message), values)),
    LEAFZ: question(SUBS_FIELDS, () => leafz(broker)),
    JSZ: question({}, accountJsz),
    INFO: question({}, (_, message) => accountInfo(broker, accountIn(message))),
    STATZ: question(STATZ_FIELDS, (values, message) => {
      const account = accountIn(message);
      // That subject asks for all accounts; it has a subscription of its own.
      return account === 'PING' ? undefined : statzOf(broker, [account], values.include_unused);
    }),
  };
}

/** `$SYS.REQ.ACCOUNT.PING.STATZ` in the system account. */
export function allStatz(broker: Broker): AnyQuestion {
  return question(STATZ_FIELDS, ({ accounts, include_unused }) => statzOf(broker, accounts, include_unused));
}

function connzOf(broker: Broker, acc: string, values: Values<typeof CONNZ_FIELDS>): object {
  return connz(broker, { ...connzOptions(values), acc });
}

/** Servers on which the account is not stay silent, unless unused ones are asked for. */
function statzOf(broker: Broker, accounts: readonly string[], include_unused: boolean): object | undefined {
  const answer = accountStatz(broker, { accounts, include_unused });
  return answer.account_statz.length === 0 && !include_unused ? undefined : answer;
}

function accountIn({ subject }: InternalMessage): string {
  return subject.split('.')[3] ?? '';
}
