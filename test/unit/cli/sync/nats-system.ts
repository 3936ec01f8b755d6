import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import type { NewOperator } from '../../../../cli/operator/create.js';
import { generateConfig, type WantedConfig } from '../../../../cli/server-config/generate.js';
import { signChecked } from '../../../../cli/sign.js';
import { operatorSigner } from '../../../../cli/signer.js';
import { readAccount, readOperator, writeAccount } from '../../../../cli/store/store.js';
import { pull } from '../../../../cli/sync/pull.js';
import type { PullOptions } from '../../../../cli/sync/pull-row.js';
import { push } from '../../../../cli/sync/push.js';
import { openRemote } from '../../../../cli/sync/remote.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { type NatsServer, startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { tempDir } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

export const program = peer('nats-server');
export const now = () => Math.floor(Date.now() / 1000);

export interface Node extends Partial<WantedConfig> {
  /** More lines of its configuration. */
  more?: string;
  /** Default: the newest nats-server. */
  program?: string | undefined;
}

export interface Started extends NatsServer {
  name: string;
  /** Folder in which the server keeps accounts. */
  jwtDir: string;
  /** The same server, started once more. */
  again(): Promise<NatsServer>;
}

/** Starts servers of one operator, connected with each other, and waits until each sees all. */
export async function startSystem(workspace: Workspace, nodes: Node[]): Promise<Started[]> {
  const started: Started[] = [];
  for (const [index, node] of nodes.entries()) {
    const name = `n${index + 1}`;
    const dir = tempDir();
    const jwtDir = path.join(dir, 'jwt');
    const { more = '', program: given = program, ...wanted } = node;
    const { text } = await generateConfig(workspace, { resolver: 'full', jwtDir, serverName: name, ...wanted });
    const route = started[0] === undefined ? '' : `routes: ["nats://127.0.0.1:${await started[0].routePort()}"]`;
    const cluster = nodes.length > 1 ? `cluster { name: "c", listen: "127.0.0.1:-1", ${route} }\n` : '';
    const file = path.join(dir, 'server.conf');
    writeFileSync(file, `${text}${cluster}${more}\n`);
    const again = async () => {
      const server = await startNatsServer(given as string, file);
      onTestFinished(() => server.stop());
      return server;
    };
    started.push({ ...(await again()), name, jwtDir, again });
  }
  await untilAllSee(workspace, started[0] as Started, nodes.length);
  return started;
}

export async function untilAllSee(workspace: Workspace, { url }: NatsServer, count: number): Promise<void> {
  for (let seen = 0; seen < count; ) {
    const options = { service: url, servers: count, timeoutMs: 1000 };
    const remote = await openRemote(workspace, options, 1);
    seen = remote.kind === 'nats' ? remote.servers.size : count;
    await remote.close();
  }
}

/** A store with the account `orders`, and servers that hold nothing but the system account yet. */
export async function natsShop(nodes: Node[] = [{}], options: Partial<NewOperator> = {}) {
  const workspace = await tempWorkspace({ now: now(), ...options });
  const orders = await createAccount(workspace, { name: 'orders' });
  const servers = await startSystem(workspace, nodes);
  const [first] = servers as [Started, ...Started[]];
  const at = { service: first.url, timeoutMs: 2000 };
  return {
    workspace,
    orders,
    servers,
    url: first.url,
    at,
    read: async (name = 'orders') => (await readAccount(workspace.store, name)).jwt,
    change: (change: (claims: AccountClaims) => void, name = 'orders') => changeAccountHere(workspace, change, name),
    push: (more: Parameters<typeof push>[1] = {}) => push({ ...workspace, now: now() }, { ...at, retry: 0, ...more }),
    pull: (more: PullOptions = {}) => pull({ ...workspace, now: now() }, { ...at, ...more }),
    held: (account: string) => heldAt(workspace, at, account),
  };
}

/** Signs a changed version of an account into the store. */
export async function changeAccountHere(
  workspace: Workspace,
  change: (claims: AccountClaims) => void,
  name = 'orders',
): Promise<string> {
  const { claims } = (await readAccount(workspace.store, name)).jwt;
  const next = structuredClone(claims);
  change(next);
  const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
  const { token } = await signChecked<AccountClaims>(next, signer, { now: now(), after: claims.iat });
  await writeAccount(workspace.store, name, token);
  return token;
}

export async function heldAt(workspace: Workspace, at: { service: string }, account: string) {
  const remote = await openRemote(workspace, at, 1);
  try {
    return await remote.read(account);
  } finally {
    await remote.close();
  }
}
