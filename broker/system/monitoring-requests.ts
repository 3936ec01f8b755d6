import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { statsz } from '../monitor/statsz.js';
import type { InternalMessage } from '../routing/internal.js';
import { Subscription } from '../routing/subscription.js';
import { answerQuestion } from './answer.js';
import { accountQuestions, allStatz, serverQuestions } from './questions.js';
import { replyJson, serverInfo } from './replies.js';
import { RequestError, readOptions } from './request-options.js';
import { FILTER_FIELDS, isForUs } from './server-filter.js';

/**
 * The system account's questions about this server and its accounts (nats-server initEventTracking). Ordinary accounts ask of themselves by
 * the imports that every one has (account/system-services.ts).
 */
export function offerMonitoring(broker: Broker, system: Account, announceStatsz: () => void): void {
  const on = (subject: string, handler: (message: InternalMessage) => void): void => {
    system.subscribe(new Subscription(subject, '', '', null, handler));
  };
  const onServer = (name: string, handler: (message: InternalMessage) => void): void => {
    on(`$SYS.REQ.SERVER.PING.${name}`, handler);
    on(`$SYS.REQ.SERVER.${broker.serverId}.${name}`, handler);
  };
  const tellStatsz = (message: InternalMessage): void => {
    // Without a reply it asks for the event.
    if (message.reply === '') announceStatsz();
    else answerStatsz(broker, system, message);
  };
  for (const [name, question] of Object.entries(serverQuestions(broker))) {
    onServer(name, (message) => answerQuestion(broker, system, message, question));
  }
  onServer('STATSZ', tellStatsz);
  on('$SYS.REQ.SERVER.PING', tellStatsz);
  onServer('IDZ', ({ reply }) =>
    replyJson(system, reply, { name: broker.serverName, host: broker.host, id: broker.serverId }),
  );
  for (const [name, question] of Object.entries(accountQuestions(broker))) {
    on(`$SYS.REQ.ACCOUNT.*.${name}`, (message) => answerQuestion(broker, system, message, question));
  }
  const statz = allStatz(broker);
  on('$SYS.REQ.ACCOUNT.PING.STATZ', (message) => answerQuestion(broker, system, message, statz));
}

/** Its answer is the event itself, not in the envelope of the others (nats-server statszReq). */
function answerStatsz(broker: Broker, system: Account, { reply, payload }: InternalMessage): void {
  try {
    if (!isForUs(broker, readOptions(payload, FILTER_FIELDS))) return;
    replyJson(system, reply, { server: serverInfo(broker), statsz: statsz(broker) });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    replyJson(system, reply, { server: serverInfo(broker), error: { code: 400, description: error.message } });
  }
}
