import process from 'node:process';
import type { Msg } from '@nats-io/nats-core';
import { Args, Flags } from '@oclif/core';
import { safeBlock } from '../output/safe-text.js';
import { readInput } from '../source.js';

/** What a message is made of; shared by the commands that send one. */
export const payloadArg = Args.string({ description: 'The message; - reads it from stdin. Default: empty.' });

export const headerFlag = {
  header: Flags.string({
    char: 'H',
    description: 'Header of the message, "Name: value"; repeatable.',
    multiple: true,
    env: 'NATSCTL_HEADER',
  }),
};

/** The most that a server can be told to take (`max_payload`). */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

export async function payloadOf(text: string | undefined): Promise<Uint8Array> {
  return text === '-' ? readInput('-', { maxBytes: MAX_PAYLOAD_BYTES }) : new TextEncoder().encode(text ?? '');
}

/** oclif gives one text from the environment. */
export function headersOf(header: string[] | string | undefined): string[] {
  return header === undefined ? [] : [header].flat();
}

/** A payload and a line break: as it came to a pipe, made harmless on a terminal. */
export function printPayload(message: Msg): void {
  if (process.stdout.isTTY) process.stdout.write(`${safeBlock(message.string())}\n`);
  else process.stdout.write(Buffer.concat([message.data, Buffer.from('\n')]));
}
