import { judgeImport, subjectsOf } from '../../claims/explain/import.js';
import { isSubset } from '../../claims/subject/match.js';
import type { ExportType } from '../../claims/types.js';
import { readSnapshot, realmOf } from '../store/snapshot.js';
import { findAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';

export interface GraphAccount {
  key: string;
  /** Its public key where it is not in the store. */
  name: string;
  known: boolean;
  system: boolean;
  /** What nobody in the store imports. */
  unusedExports: { type: ExportType; subject: string; private: boolean }[];
}

export interface GraphImport {
  /** Public keys. */
  from: string;
  to: string;
  type: ExportType;
  /** As the exporter names it, and as the importer does. */
  remote: string;
  local: string;
  private: boolean;
  state: 'works' | 'broken' | 'unknown';
  problem?: string;
}

export interface Graph {
  operator: string;
  accounts: GraphAccount[];
  imports: GraphImport[];
}

/** Who has what from whom. With accounts named: they, and those they share anything with. */
export async function accountGraph(workspace: Workspace, only: string[]): Promise<Graph> {
  const { store, now } = workspace;
  const chosen = new Set<string>();
  for (const each of only) chosen.add((await findAccount(store, each)).jwt.claims.sub);
  const snapshot = await readSnapshot(store, { users: false });
  const realm = realmOf(snapshot, now);
  const imports: GraphImport[] = [];
  for (const { jwt } of snapshot.accounts) {
    for (const claim of jwt.claims.nats.imports) {
      if (chosen.size > 0 && !chosen.has(jwt.claims.sub) && !chosen.has(claim.account)) continue;
      const verdict = judgeImport(jwt.claims, claim, realm);
      const subjects = subjectsOf(claim);
      imports.push({
        from: claim.account,
        to: jwt.claims.sub,
        type: claim.type,
        remote: subjects?.remote ?? claim.subject,
        local: subjects?.local ?? claim.subject,
        private: claim.token !== undefined,
        state: verdict.works ? 'works' : verdict.unknown ? 'unknown' : 'broken',
        ...(!verdict.works && { problem: verdict.error.message }),
      });
    }
  }
  const shown = new Set([...chosen, ...imports.flatMap(({ from, to }) => [from, to])]);
  const system = snapshot.operator?.jwt.claims.nats.system_account;
  const accounts = snapshot.accounts
    .filter(({ jwt }) => chosen.size === 0 || shown.has(jwt.claims.sub))
    .map(({ name, jwt }): GraphAccount => {
      const { sub: key, nats } = jwt.claims;
      const used = imports.filter(({ from }) => from === key);
      const unusedExports = nats.exports
        .filter(({ type, subject }) => !used.some((one) => one.type === type && isSubset(one.remote, subject)))
        .map(({ type, subject, token_req }) => ({ type, subject, private: token_req === true }));
      // The system account offers the same to everyone, everywhere.
      return { key, name, known: true, system: key === system, unusedExports: key === system ? [] : unusedExports };
    });
  const known = new Set(accounts.map(({ key }) => key));
  for (const key of shown) {
    if (!known.has(key)) accounts.push({ key, name: key, known: false, system: false, unusedExports: [] });
  }
  return { operator: store.name, accounts, imports };
}

/** What an import is called on an arrow. */
export function importLabel({ type, remote, local, private: closed, state }: GraphImport): string {
  const renamed = remote === local ? remote : `${remote} as ${local}`;
  const marks = [closed ? 'private' : '', state === 'works' ? '' : state].filter(Boolean).join(', ');
  return `${type} ${renamed}${marks === '' ? '' : ` (${marks})`}`;
}

export function exportLabel({ type, subject, private: closed }: GraphAccount['unusedExports'][number]): string {
  return `${type} ${subject}${closed ? ' (private)' : ''}`;
}
