import { readBaseToken } from '../store/base.js';
import type { Snapshot } from '../store/snapshot.js';
import { compareAccount } from '../sync/diff.js';
import { mapBounded } from '../sync/parallel.js';
import { openRemote } from '../sync/remote.js';
import type { RemoteOptions } from '../sync/remote-options.js';
import type { Workspace } from '../workspace.js';
import type { Findings, Subject } from './finding.js';

/** What was last seen to be held of each account, without asking. */
export async function checkPushed(
  { store }: Workspace,
  snapshot: Snapshot,
  entities: ReadonlySet<string>,
  findings: Findings,
): Promise<void> {
  for (const { name, jwt } of snapshot.accounts) {
    if (!entities.has(name)) continue;
    const base = await readBaseToken(store, jwt.claims.sub);
    if (base === null || base === jwt.token) continue;
    const at: Subject = { kind: 'account', entity: name };
    findings.add('ERR_DRIFT_NOT_PUSHED', at, 'it changed since it was pushed or pulled', `natsctl push ${name}`);
  }
}

/** What is held now, by the service or by the servers. */
export async function checkDrift(
  workspace: Workspace,
  snapshot: Snapshot,
  entities: ReadonlySet<string>,
  options: RemoteOptions,
  findings: Findings,
): Promise<void> {
  const wanted = snapshot.accounts.filter(({ name }) => entities.has(name));
  const remote = await openRemote(workspace, options, wanted.length);
  try {
    await mapBounded(wanted, async (account) => {
      const row = await compareAccount(workspace.store, remote, account);
      if (row.state === 'same' && row.behind === 0) return;
      findings.add('ERR_DRIFT', { kind: 'account', entity: account.name }, driftText(row, remote.kind), row.hint);
    });
  } finally {
    await remote.close();
  }
}

function driftText(
  { state, changed, message }: Awaited<ReturnType<typeof compareAccount>>,
  kind: 'service' | 'nats',
): string {
  const there = kind === 'nats' ? 'the servers' : 'the service';
  if (state === 'only-here') return kind === 'nats' ? 'the servers do not have it' : 'the service does not have it';
  if (state !== 'different') return message;
  return changed === 'here'
    ? `it is newer here than at ${there}`
    : `${there} ${kind === 'nats' ? 'hold' : 'holds'} another JWT of it`;
}
