import { reissueOperator } from '../operator/reissue.js';
import type { Workspace } from '../workspace.js';
import { rotateAccountIdentity } from './account.js';
import { rotateAccountSigning, rotateCurveKey } from './account-key.js';
import { rotateOperatorSigningKey } from './operator-signing-key.js';
import type { RotateOptions } from './options.js';
import type { Rotated } from './rotated.js';
import type { Target } from './target.js';
import { rotateUserKey } from './user.js';

/** Puts a new key in the place of any key, and carries everything under it along. */
export function rotateKey(workspace: Workspace, target: Target, options: RotateOptions): Promise<Rotated> {
  const account = target.account ?? '';
  switch (target.kind) {
    case 'operator':
      return reissueOperator(workspace, options);
    case 'operator signing key':
      return rotateOperatorSigningKey(workspace, target.key, options);
    case 'account':
      return rotateAccountIdentity(workspace, account, options);
    case 'account signing key':
      return rotateAccountSigning(workspace, account, target.key, options);
    case 'curve key':
      return rotateCurveKey(workspace, account, target.key, options);
    case 'user':
      return rotateUserKey(workspace, { account, user: target.key }, options);
  }
}
