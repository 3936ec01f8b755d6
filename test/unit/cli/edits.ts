import type { AccountEdit } from '../../../cli/account/edit.js';
import { permissionEdit } from '../../../cli/permission/flags.js';

/** Edits that ask for nothing, to be filled in. */
export const noTags = { add: [], remove: [] };

export const noAccountEdit: AccountEdit = {
  limits: {},
  jetStream: { limits: {} },
  defaultPermissions: permissionEdit({}),
  trace: {},
  authCallout: { authUsers: { add: [], remove: [] }, allowedAccounts: { add: [], remove: [] } },
  tags: noTags,
};
