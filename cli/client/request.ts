import type { Msg } from '@nats-io/nats-core';
import { cliError } from '../errors.js';
import type { Client } from './connection.js';
import { connectionFault } from './fault.js';
import { type Message, parseHeaders } from './publish.js';

export interface Request extends Message {
  timeoutMs: number;
  /** How many answers to wait for. */
  replies: number;
}

/** Asks, and gives the answers as they come; fewer than wanted is a fault where none came at all. */
export async function request(
  { connection, violation }: Client,
  wanted: Request,
  deliver: (message: Msg) => void,
): Promise<number> {
  const headers = await parseHeaders(wanted.headers);
  const { subject, payload, timeoutMs, replies } = wanted;
  let received = 0;
  try {
    const answers = await connection.requestMany(subject, payload, {
      strategy: 'count',
      maxMessages: replies,
      maxWait: timeoutMs,
      ...(headers && { headers }),
    });
    for await (const answer of answers) {
      // What the server says when nobody is there (ADR-4).
      if (answer.headers?.code === 503 && answer.data.length === 0) throw noResponders(subject);
      received++;
      deliver(answer);
    }
  } catch (error) {
    throw faultOf((await violation()) ?? error, subject);
  }
  if (received > 0) return received;
  const refused = await violation();
  if (refused) throw connectionFault(refused);
  throw cliError('ERR_REQUEST_TIMEOUT', `nobody answered on ${subject} within ${timeoutMs} ms`, {
    hint: 'give it longer: --timeout 10s; see `natsctl explain can request`',
  });
}

function faultOf(error: unknown, subject: string): unknown {
  const reasons = error instanceof Error ? [error, error.cause] : [];
  if (reasons.some((each) => each instanceof Error && each.name === 'NoResponders')) return noResponders(subject);
  return connectionFault(error);
}

function noResponders(subject: string): Error {
  return cliError('ERR_NO_RESPONDERS', `nobody listens on ${subject}`, {
    hint: 'start a responder, or see `natsctl explain can request` for where requests go',
  });
}
