import { decodeAs } from '../../claims/jwt/decode.js';
import type { ExportType, Import } from '../../claims/types.js';
import { judgeImport, type Verdict } from '../activation/judge.js';
import { remoteSubject } from '../export/importers.js';
import { findAccountByKey } from '../store/store.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { findImport, type ImportChoice } from './find.js';

export interface ImportSummary {
  name: string;
  type: ExportType;
  /** The exporter's. */
  subject: string;
  local: string;
  source: string;
  sourceName: string | null;
  private: boolean;
  /** Of the activation: unix seconds, 0 = never; null without one that can be read. */
  activationExpires: number | null;
  verdict: Verdict;
}

export async function listImports(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const imports = await Promise.all(claims.nats.imports.map((one) => summarize(workspace, claims.sub, one)));
  return { account: account.name, accountKey: claims.sub, imports };
}

/** One import: its claims, and what the list says of it. */
export async function describeImport(workspace: Workspace, nameOrKey: string | undefined, wanted: ImportChoice) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const found = claims.nats.imports[await findImport(workspace, account.name, claims, wanted)] as Import;
  const summary = await summarize(workspace, claims.sub, found);
  return { account: account.name, accountKey: claims.sub, import: found, summary };
}

async function summarize(workspace: Workspace, importer: string, one: Import): Promise<ImportSummary> {
  const source = await findAccountByKey(workspace.store, one.account);
  return {
    name: one.name ?? '',
    type: one.type,
    subject: remoteSubject(one),
    local: one.local_subject ?? (one.to && one.type === 'stream' ? `${one.to}.${one.subject}` : one.subject),
    source: one.account,
    sourceName: source?.name ?? null,
    private: one.token !== undefined,
    activationExpires: activationExpires(one),
    verdict: await judgeImport(workspace, one, importer, source),
  };
}

function activationExpires({ token }: Import): number | null {
  if (token === undefined) return null;
  try {
    return decodeAs('activation', token).claims.exp ?? 0;
  } catch {
    // What is wrong with it is in the verdict.
    return null;
  }
}
