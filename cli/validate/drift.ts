import { fetchAccount } from '../../resolver/http.js';
import { readBaseToken } from '../store/base.js';
import type { Snapshot } from '../store/snapshot.js';
import { mapBounded } from '../sync/parallel.js';
import { chooseService, mustAnswer, serviceFault } from '../sync/service-url.js';
import type { Workspace } from '../workspace.js';
import type { Findings, Subject } from './finding.js';

/** What the service was last seen to hold, without asking it. */
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

/** What the service holds now. */
export async function checkDrift(
  { store }: Workspace,
  snapshot: Snapshot,
  entities: ReadonlySet<string>,
  service: string | undefined,
  findings: Findings,
): Promise<void> {
  const url = chooseService(service, snapshot.operator?.jwt.claims ?? null);
  await mustAnswer(url);
  const wanted = snapshot.accounts.filter(({ name }) => entities.has(name));
  await mapBounded(wanted, async ({ name, jwt }) => {
    const remote = await fetchAccount(url, jwt.claims.sub).catch((error) => {
      throw serviceFault(error);
    });
    if (remote?.token === jwt.token) return;
    const at: Subject = { kind: 'account', entity: name };
    if (remote === null) {
      findings.add('ERR_DRIFT', at, 'the service does not have it', `natsctl push ${name}`);
      return;
    }
    const changedHere = (await readBaseToken(store, jwt.claims.sub)) === remote.token;
    const message = changedHere ? 'it is newer here than at the service' : 'the service holds another JWT of it';
    findings.add('ERR_DRIFT', at, message, changedHere ? `natsctl push ${name}` : `natsctl pull ${name}, then push`);
  });
}
