import type { Export, ExportType } from '../../claims/types.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { type ExportChoice, findExport } from './find.js';
import { importersOf } from './importers.js';

export interface ExportSummary {
  name: string;
  subject: string;
  type: ExportType;
  private: boolean;
  accountTokenPosition: number;
  advertise: boolean;
  revocations: number;
  /** Accounts of this store that import it. */
  importers: string[];
}

export async function listExports(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const exports = await Promise.all(
    claims.nats.exports.map(
      async (one): Promise<ExportSummary> => ({
        name: one.name ?? '',
        subject: one.subject,
        type: one.type,
        private: one.token_req === true,
        accountTokenPosition: one.account_token_position ?? 0,
        advertise: one.advertise === true,
        revocations: one.revocations.size,
        importers: await importerNames(workspace, claims.sub, one),
      }),
    ),
  );
  return { account: account.name, accountKey: claims.sub, exports };
}

export async function describeExport(
  workspace: Workspace,
  wanted: { account?: string | undefined; export: ExportChoice },
) {
  const account = await chooseAccount(workspace, wanted.account);
  const { claims } = account.jwt;
  const found = claims.nats.exports[findExport(account.name, claims, wanted.export)] as Export;
  return {
    account: account.name,
    accountKey: claims.sub,
    export: found,
    importers: await importerNames(workspace, claims.sub, found),
  };
}

async function importerNames(workspace: Workspace, exporter: string, exported: Export): Promise<string[]> {
  return [...new Set((await importersOf(workspace, exporter, exported)).map((one) => one.account.name))];
}
