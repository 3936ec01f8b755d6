import { isNatsctlError } from '../../claims/errors.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { verifyActivation } from '../../claims/trust/activation.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { Import } from '../../claims/types.js';
import { coveringExports } from '../export/find.js';
import { remoteSubject } from '../export/importers.js';
import { readOperator, type StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';

/** What a server would say of an import, as far as this store knows the exporting account. */
export interface Verdict {
  /** `unknown`: the exporting account is not in this store. */
  state: 'ok' | 'refused' | 'unknown';
  code?: string;
  message?: string;
  hint?: string;
}

export async function judgeImport(
  workspace: Workspace,
  imp: Import,
  importer: string,
  exporter: StoredAccount | undefined,
): Promise<Verdict> {
  if (exporter === undefined) return { state: 'unknown' };
  const { now, store } = workspace;
  const remote = remoteSubject(imp);
  const exported = coveringExports(exporter.jwt.claims, remote, imp.type)[0];
  if (exported === undefined) {
    return {
      state: 'refused',
      code: 'ERR_IMPORT_UNMATCHED',
      message: `account ${exporter.name} does not export the ${imp.type} ${remote}`,
    };
  }
  const position = exported.account_token_position ?? 0;
  if (position > 0 && remote.split('.')[position - 1] !== importer) {
    return {
      state: 'refused',
      code: 'ERR_IMPORT_UNMATCHED',
      message: `token ${position} of ${remote} is not the key of the importing account`,
    };
  }
  try {
    const trusted = trustOperators([(await readOperator(store)).claims]);
    const verified = verifyAccount(exporter.jwt.token, trusted, { now, allowExpired: true });
    verifyActivation(imp, importer, verified, exported, now);
    return { state: 'ok' };
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return { state: 'refused', code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) };
  }
}
