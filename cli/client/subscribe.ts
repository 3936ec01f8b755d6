import type { Msg } from '@nats-io/nats-core';
import { isValidSubject } from '../../claims/subject/subject.js';
import { cliError } from '../errors.js';
import type { Client } from './connection.js';
import { connectionFault } from './fault.js';

export interface Received {
  subject: string;
  reply?: string;
  headers?: Record<string, string[]>;
  /** The payload as text, or as base64 where it is not UTF-8. */
  data: string;
  encoding?: 'base64';
}

export interface SubscribeOptions {
  subject: string;
  queue?: string | undefined;
  /** End after this many; undefined = go on until stopped. */
  count?: number | undefined;
}

/** Hands each message to `deliver` until `count` are in or `stop` is called for; throws what the server refuses. */
export async function subscribe(
  { connection, violation }: Client,
  options: SubscribeOptions,
  events: { listening: () => void; deliver: (message: Msg) => void },
): Promise<void> {
  const { subject, queue, count } = options;
  let received = 0;
  try {
    const messages = connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      ...(count !== undefined && { max: count }),
    });
    await connection.flush();
    const refused = await violation();
    if (refused) throw refused;
    events.listening();
    for await (const message of messages) {
      received++;
      events.deliver(message);
    }
  } catch (error) {
    throw connectionFault((await violation()) ?? error);
  }
  if (count !== undefined && received >= count) return;
  const reason = await connection.closed();
  if (reason) throw connectionFault((await violation()) ?? reason);
}

export function checkSubscription({ subject, queue }: SubscribeOptions): void {
  if (!isValidSubject(subject)) {
    throw cliError('ERR_SUBJECT_INVALID', `${subject || '(empty)'} is no subject to subscribe to`, {
      hint: 'words with dots between them; * stands for one word, > at the end for all the rest; quote them in the shell',
    });
  }
  if (queue !== undefined && (queue === '' || /\s/.test(queue))) {
    throw cliError('ERR_SUBJECT_INVALID', 'a queue name holds no spaces', {});
  }
}

/** A message as `--json` shows it. */
export function describeMessage(message: Msg): Received {
  const received: Received = { subject: message.subject, ...text(message.data) };
  if (message.reply) received.reply = message.reply;
  if (message.headers) {
    received.headers = Object.fromEntries([...message.headers].map(([name, values]) => [name, values]));
  }
  return received;
}

function text(data: Uint8Array): { data: string; encoding?: 'base64' } {
  try {
    return { data: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { data: Buffer.from(data).toString('base64'), encoding: 'base64' };
  }
}
