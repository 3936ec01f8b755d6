import { decodePublicKey, isPublicKey } from '../../claims/keys/nkey.js';
import type { ExportType } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { coveringExports } from '../export/find.js';
import { findAccount } from '../store/store.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { mintActivation } from './mint.js';

export interface NewActivation {
  account?: string | undefined;
  subject: string;
  type?: ExportType | undefined;
  /** Importing account: a name of this store, or any public key. */
  target: string;
  expiry?: number | undefined;
  start?: number | undefined;
  key?: string | undefined;
}

export async function createActivation(workspace: Workspace, wanted: NewActivation) {
  const exporter = await chooseAccount(workspace, wanted.account);
  const importer = await accountKey(workspace, wanted.target);
  const found = coveringExports(exporter.jwt.claims, wanted.subject, wanted.type);
  const exported = found.find((one) => one.token_req) ?? found[0];
  if (exported === undefined) {
    const known = exporter.jwt.claims.nats.exports.filter((one) => one.token_req).map((one) => one.subject);
    throw cliError('ERR_EXPORT_UNKNOWN', `account ${exporter.name} does not export ${wanted.subject}`, {
      hint: known.length === 0 ? 'it has no private export' : `its private exports: ${known.join(', ')}`,
      details: { account: exporter.name, subject: wanted.subject },
    });
  }
  if (found.filter((one) => one.token_req).length > 1) {
    throw cliError(
      'ERR_EXPORT_AMBIGUOUS',
      `account ${exporter.name} exports ${wanted.subject} as a stream and as a service`,
      {
        hint: 'say which with --type',
        details: { account: exporter.name, subject: wanted.subject },
      },
    );
  }
  const { subject, expiry, start, key } = wanted;
  const { claims, token } = await mintActivation(workspace, exporter, exported, {
    importer,
    subject,
    expiry,
    start,
    key,
  });
  return {
    account: exporter.name,
    accountKey: exporter.jwt.claims.sub,
    importer,
    subject,
    type: exported.type,
    issuer: claims.iss,
    expires: claims.exp ?? 0,
    notBefore: claims.nbf ?? 0,
    token,
  };
}

/** The public key of an account given by its name in this store, or by any public key. */
export async function accountKey({ store }: Workspace, nameOrKey: string): Promise<string> {
  if (isPublicKey(nameOrKey)) return decodePublicKey(nameOrKey, 'account').text;
  return (await findAccount(store, nameOrKey)).jwt.claims.sub;
}

/** As nsc writes it to a file. */
export function armored(token: string): string {
  return `-----BEGIN NATS ACTIVATION JWT-----\n${token}\n------END NATS ACTIVATION JWT------\n`;
}
