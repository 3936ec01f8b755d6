import type { NatsConnection } from '@nats-io/nats-core';
import { textOf } from '../../resolver/claims-answer.js';
import { gather } from '../../resolver/gather.js';

/** What JetStream holds of an account, as far as servers say. */
export interface JetStreamUse {
  /** How many servers answered. */
  servers: number;
  /** Servers and links that could not be asked. */
  unasked: number;
  streams: number;
  bytes: number;
}

const WAIT_MS = 1_500;

/** Asks every server by `$SYS.REQ.SERVER.PING.JSZ`. Those without JetStream answer too; a natsctl broker, which has none, does not. */
export async function jetStreamUse(
  connection: NatsConnection,
  account: string,
  present: ReadonlySet<string>,
): Promise<JetStreamUse> {
  const use: JetStreamUse = { servers: 0, unasked: 0, streams: 0, bytes: 0 };
  const heard = new Set<string>();
  const request = JSON.stringify({ account, streams: true });
  const expect = present.size > 0 ? { expectServers: present.size } : {};
  for (const { data } of await gather(connection, '$SYS.REQ.SERVER.PING.JSZ', request, {
    ...expect,
    waitMs: WAIT_MS,
  })) {
    const answer = parse(data);
    if (!answer?.server?.id || heard.has(answer.server.id)) continue;
    heard.add(answer.server.id);
    for (const detail of answer.data?.account_details ?? []) {
      // A stream with replicas is told by each server that has one.
      use.streams = Math.max(use.streams, detail.stream_detail?.length ?? 0);
      use.bytes += (detail.memory ?? 0) + (detail.storage ?? 0);
    }
  }
  use.servers = heard.size;
  use.unasked = [...present].filter((id) => !heard.has(id)).length;
  return use;
}

interface Jsz {
  server?: { id?: string };
  data?: { account_details?: { memory?: number; storage?: number; stream_detail?: unknown[] }[] };
}

function parse(data: Uint8Array): Jsz | null {
  try {
    return JSON.parse(textOf(data) ?? '');
  } catch {
    return null;
  }
}
