import type { MsgHdrs } from '@nats-io/nats-core';
import { isLiteralSubject } from '../../claims/subject/subject.js';
import { cliError } from '../errors.js';
import type { Client } from './connection.js';
import { connectionFault } from './fault.js';

export interface Message {
  subject: string;
  payload: Uint8Array;
  reply?: string | undefined;
  /** `Name: value` each. */
  headers: string[];
}

/** Publishes and waits until the server has taken it; what the server refuses is thrown. */
export async function publish({ connection, violation }: Client, message: Message): Promise<void> {
  const headers = await parseHeaders(message.headers);
  try {
    connection.publish(message.subject, message.payload, {
      ...(headers && { headers }),
      ...(message.reply !== undefined && { reply: message.reply }),
    });
    await connection.flush();
  } catch (error) {
    throw connectionFault((await violation()) ?? error);
  }
  const refused = await violation();
  if (refused) throw connectionFault(refused);
}

/** Checked before anything is connected, so that a slip costs no round trip. */
export function checkMessage(message: Message): void {
  for (const subject of [message.subject, ...(message.reply === undefined ? [] : [message.reply])]) {
    if (!isLiteralSubject(subject)) {
      throw cliError('ERR_SUBJECT_INVALID', `${subject || '(empty)'} is no subject to publish to`, {
        hint: 'words with dots between them, without spaces, * and >',
      });
    }
  }
  for (const header of message.headers) splitHeader(header);
}

export async function parseHeaders(texts: string[]): Promise<MsgHdrs | undefined> {
  if (texts.length === 0) return undefined;
  const { headers } = await import('@nats-io/nats-core');
  const result = headers();
  for (const text of texts) result.append(...splitHeader(text));
  return result;
}

function splitHeader(text: string): [name: string, value: string] {
  const at = text.indexOf(':');
  const name = text.slice(0, at).trim();
  // ADR-4: a name is printable ASCII without colon; line breaks would start another header.
  if (at < 1 || !/^[!-9;-~]+$/.test(name) || /[\r\n]/.test(text)) {
    throw cliError('ERR_HEADER_INVALID', `not a header: ${text}`, { hint: 'write it as "Name: value"' });
  }
  return [name, text.slice(at + 1).trim()];
}
