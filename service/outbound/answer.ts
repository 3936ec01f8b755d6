import type { ClientRequest, IncomingMessage } from 'node:http';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** Statuses of which the Fetch standard takes no body. */
const WITHOUT_BODY = [204, 205, 304];

/** Sends the body, and reads as much of the answer as is wanted; the connection is then closed, whatever else would come. */
export async function readAnswer(
  request: ClientRequest,
  body: string | undefined,
  maxBytes: number,
  beyond: 'refuse' | 'cut',
): Promise<Response> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    // For good: an error after the answer began is told by its body.
    request.on('error', reject);
    // A change of protocol (101) ends the connection without a word: nothing else would ever come of it.
    request.once('close', () => reject(new Error('closed without an answer')));
    request.end(body);
  });
  try {
    const bytes = await read(message, maxBytes, beyond);
    const { statusCode: status = 0 } = message;
    const headers = new Headers();
    for (let at = 0; at < message.rawHeaders.length; at += 2) {
      headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
    }
    // Throws for a status that is none: not an answer.
    return new Response(WITHOUT_BODY.includes(status) ? null : bytes, { status, headers });
  } finally {
    request.destroy();
  }
}

async function read(
  message: IncomingMessage,
  maxBytes: number,
  beyond: 'refuse' | 'cut',
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= maxBytes) continue;
    if (beyond === 'cut') break;
    throw new NatsctlError<ServiceErrorCode>('ERR_OUTBOUND_TOO_LARGE', `the answer is larger than ${maxBytes} bytes`);
  }
  return Uint8Array.from(Buffer.concat(chunks).subarray(0, maxBytes));
}
