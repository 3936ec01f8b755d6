import { fetchAccount } from '../../resolver/http.js';
import { withoutPassword } from '../../resolver/url.js';
import { usageError } from '../errors.js';
import { readOperator } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import type { Held } from './held.js';
import { type NatsRemote, openNatsRemote } from './nats-remote.js';
import { chooseRemote, type RemoteChoice } from './remote-choice.js';
import type { RemoteOptions } from './remote-options.js';
import { mustAnswer, serviceFault } from './service-url.js';

export interface ServiceRemote {
  readonly kind: 'service';
  /** As it is shown: without a password. */
  readonly url: string;
  readonly address: string;
  readonly timeoutMs?: number;
  /** A service does not tell a stranger which accounts it has. */
  list(): Promise<null>;
  read(account: string): Promise<Held>;
  close(): Promise<void>;
}

/** Where accounts are kept, reached and found to be there. */
export type Remote = ServiceRemote | NatsRemote;

/** @param accounts how many are to be gone through, which says how long the connection must last */
export async function openRemote(workspace: Workspace, options: RemoteOptions, accounts: number): Promise<Remote> {
  const choice = chooseRemote(options.service, (await readOperator(workspace.store)).claims);
  return choice.kind === 'nats'
    ? openNatsRemote(workspace, choice.url, options, accounts)
    : openService(choice, options);
}

async function openService({ url }: RemoteChoice, { timeoutMs, tls = {} }: RemoteOptions): Promise<ServiceRemote> {
  if (tls['ca-cert'] ?? tls['client-cert'] ?? tls['client-key']) {
    throw usageError(
      'the TLS flags are for NATS addresses',
      `for ${withoutPassword(url)} set NODE_EXTRA_CA_CERTS to the file with its CA`,
    );
  }
  const patience = timeoutMs === undefined ? {} : { timeoutMs };
  await mustAnswer(url, patience);
  return {
    kind: 'service',
    url: withoutPassword(url),
    address: url,
    ...patience,
    list: async () => null,
    async read(account) {
      try {
        const held = await fetchAccount(url, account, patience);
        return { token: held?.token ?? null, older: [], without: 0 };
      } catch (error) {
        throw serviceFault(error);
      }
    },
    close: async () => {},
  };
}
