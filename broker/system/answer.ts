import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { codeOf, stackOf } from '../log.js';
import { goJson } from '../monitor/go-json.js';
import { MonitoringError } from '../monitor/options.js';
import type { InternalMessage } from '../routing/internal.js';
import { encodeFor } from './content-encoding.js';
import { publishInternally, replyJson, serverInfo } from './replies.js';
import { type Fields, RequestError, readOptions, type Values } from './request-options.js';
import { FILTER_FIELDS, isForUs } from './server-filter.js';

export interface Question<F extends Fields> {
  readonly fields: F;
  /** Undefined = no answer at all. @throws MonitoringError, which becomes a 500 */
  data(values: Values<F>, message: InternalMessage): object | undefined;
}

/**
 * Answers a request in the envelope that all of them share (nats-server zReq): 400 for a body that is none, silence when it is
 * meant for other servers, 500 when there is no answer.
 */
export function answerQuestion<F extends Fields>(
  broker: Broker,
  account: Account,
  message: InternalMessage,
  { fields, data }: Question<F>,
): void {
  const { reply, header, payload } = message;
  if (reply === '') return;
  const refuse = (code: number, description: string, more: object = {}): void =>
    replyJson(account, reply, { server: serverInfo(broker), ...more, error: { code, description } });
  try {
    if (!isForUs(broker, readOptions(payload, FILTER_FIELDS))) return;
    const answer = data(readOptions(payload, fields), message);
    if (answer === undefined) return;
    const body = Buffer.from(goJson({ server: serverInfo(broker), data: answer }), 'utf8');
    encodeFor(header, body, (encoded) => publishInternally(account, reply, encoded.body, encoded.header));
  } catch (error) {
    if (error instanceof RequestError) {
      refuse(400, error.message);
    } else if (error instanceof MonitoringError) {
      refuse(500, error.message, { data: null });
    } else {
      broker.log.error({ code: codeOf(error), stack: stackOf(error) }, 'system request failed');
      refuse(500, 'internal error', { data: null });
    }
  }
}
