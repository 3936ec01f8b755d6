import type { Import } from '../../claims/types.js';
import { payloadOf } from '../payload.js';
import { findAccountByKey } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { judgeImport } from './judge.js';
import { readActivation } from './source.js';

/** What an activation token allows whom, and whether it would be taken now. */
export async function describeActivation(workspace: Workspace, source: string) {
  const { claims, token } = await readActivation(source);
  const exporterKey = claims.nats.issuer_account ?? claims.iss;
  const exporter = await findAccountByKey(workspace.store, exporterKey);
  const importer = await findAccountByKey(workspace.store, claims.sub);
  const { subject, kind } = claims.nats;
  const asImport: Import = { subject, account: exporterKey, type: kind, token };
  return {
    subject,
    type: kind,
    exporter: exporterKey,
    exporterName: exporter?.name ?? null,
    importer: claims.sub,
    importerName: importer?.name ?? null,
    issuer: claims.iss,
    issuedAt: claims.iat,
    notBefore: claims.nbf ?? 0,
    expires: claims.exp ?? 0,
    verdict: await judgeImport(workspace, asImport, claims.sub, exporter),
    claims: payloadOf(token),
    token,
  };
}
