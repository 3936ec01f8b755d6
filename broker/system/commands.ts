import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { infoFor } from '../connection/info.js';
import { codeOf, printable } from '../log.js';
import { infoLine } from '../protocol/writer.js';
import type { InternalMessage } from '../routing/internal.js';
import { Subscription } from '../routing/subscription.js';
import { replyJson, serverInfo } from './replies.js';
import { RequestError, readOptions } from './request-options.js';
import { FILTER_FIELDS, isForUs } from './server-filter.js';

/** A command that cannot be carried out; the text goes to whoever gave it. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** KICK, LDM and RELOAD: what an operator has this server do over the system account. */
export function offerCommands(broker: Broker, system: Account, reload: (() => Promise<void>) | undefined): void {
  const on = (name: string, run: (cid: number) => void | Promise<void>, needsBody: boolean): void => {
    const handler = (message: InternalMessage): void => {
      command(broker, system, message, run, needsBody).catch((error: unknown) => {
        broker.log.error({ code: codeOf(error) }, 'system command failed');
      });
    };
    system.subscribe(new Subscription(`$SYS.REQ.SERVER.${broker.serverId}.${name}`, '', '', null, handler));
  };
  on('KICK', (cid) => kick(broker, cid), true);
  on('LDM', (cid) => sendLameDuck(broker, cid), true);
  on(
    'RELOAD',
    () => {
      if (reload === undefined) {
        throw new CommandError('can only reload config when a file is provided using -c or --config');
      }
      return reload();
    },
    false,
  );
}

async function command(
  broker: Broker,
  system: Account,
  { reply, payload }: InternalMessage,
  run: (cid: number) => void | Promise<void>,
  needsBody: boolean,
): Promise<void> {
  const server = (): object => serverInfo(broker);
  let cid: number;
  try {
    if (needsBody && payload.length === 0) throw new RequestError('the body is empty');
    ({ cid } = readOptions(payload, { cid: 'unsigned' } as const));
    if (!isForUs(broker, readOptions(payload, FILTER_FIELDS))) return;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    // nats-server says nothing to one that names no client.
    broker.log.warn({ detail: printable(error.message) }, 'system command refused');
    if (needsBody) return;
    return replyJson(system, reply, { server: server(), error: { code: 400, description: error.message } });
  }
  // As at nats-server: who cannot be told how it went has nothing done.
  if (reply === '') return;
  try {
    await run(cid);
    replyJson(system, reply, { server: server() });
  } catch (error) {
    const description = error instanceof CommandError ? error.message : `reload failed (${codeOf(error)})`;
    replyJson(system, reply, { server: server(), error: { code: 500, description } });
  }
}

function kick(broker: Broker, cid: number): void {
  const connection = broker.connections.get(cid);
  if (connection === undefined) throw new CommandError('no such client or leafnode id');
  connection.close('Kicked');
}

/** Tells one client to look for another server. */
function sendLameDuck(broker: Broker, cid: number): void {
  const connection = broker.connections.get(cid);
  if (connection === undefined) throw new CommandError('no such client id');
  if (!connection.readsInfo) {
    throw new CommandError('client does not support Lame Duck Mode or is not ready to receive the notification');
  }
  const { nonce: _, ...info } = infoFor(connection, false);
  connection.send(infoLine({ ...info, ldm: true }));
}
