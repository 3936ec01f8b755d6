import { EVERYONE } from '../../claims/account/revocation.js';
import { newActivation } from '../../claims/jwt/new.js';
import { isSubset } from '../../claims/subject/match.js';
import type { ActivationClaims, Decoded, Export } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { accountSigner } from '../signer.js';
import { readOperator, type StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';

export interface WantedActivation {
  /** Public key of the account that may import. */
  importer: string;
  /** What it may import: all of the export, or a part. */
  subject: string;
  /** Unix seconds; 0 = never. */
  expiry?: number | undefined;
  start?: number | undefined;
  /** The value of `--private-key`. */
  key?: string | undefined;
}

/** Signs a token that lets one account import a private export. */
export async function mintActivation(
  workspace: Workspace,
  exporter: StoredAccount,
  exported: Export,
  wanted: WantedActivation,
): Promise<Decoded<ActivationClaims>> {
  if (exported.token_req !== true) {
    throw cliError('ERR_EXPORT_PUBLIC', `the export of ${exported.subject} is public: its import needs no activation`, {
      hint: 'make it private with `natsctl export edit --private`',
      details: { subject: exported.subject },
    });
  }
  if (wanted.subject !== exported.subject && !isSubset(wanted.subject, exported.subject)) {
    throw cliError('ERR_EXPORT_UNKNOWN', `the export of ${exported.subject} does not cover ${wanted.subject}`, {
      hint: 'name the subject of the export, or a part of it',
      details: { subject: wanted.subject, export: exported.subject },
    });
  }
  const { claims } = exporter.jwt;
  const strict = (await readOperator(workspace.store)).claims.nats.strict_signing_key_usage === true;
  const { signer, scope } = await accountSigner(workspace, claims, { key: wanted.key, strict });
  if (scope) {
    throw cliError('ERR_SIGNER_UNTRUSTED', `the key of the role ${scope.role} may sign users only, no activations`, {
      hint: 'name the identity key or a signing key without a role with --private-key',
      details: { key: signer.publicKey },
    });
  }
  const activation = newActivation(wanted.importer, wanted.subject, exported.type);
  activation.name = wanted.subject;
  if (signer.publicKey !== claims.sub) activation.nats.issuer_account = claims.sub;
  if (wanted.expiry) activation.exp = wanted.expiry;
  if (wanted.start) activation.nbf = wanted.start;
  // Later than a revocation of this importer: otherwise the token would be void from the start.
  const revoked = [wanted.importer, EVERYONE].flatMap((key) => exported.revocations.get(key) ?? []);
  const after = revoked.length > 0 ? Math.max(...revoked) : undefined;
  return signChecked<ActivationClaims>(activation, signer, { now: workspace.now, after });
}
