import { newAccount, newOperator } from '../../claims/jwt/new.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims, Export, WeightedMapping } from '../../claims/types.js';
import type { CalloutOptions, ConfigAccount, ConfigExport } from '../options.js';

/** Users of a configuration without accounts live there (nats-server globalAccountName). */
export const GLOBAL_ACCOUNT = '$G';
/** nats-server DEFAULT_SYSTEM_ACCOUNT. */
export const SYSTEM_ACCOUNT = '$SYS';

/** An account that stands in the configuration: nobody signed it, and no JWT changes it. */
export interface ConfiguredAccount extends VerifiedAccount {
  /** Exports that only some accounts may import. */
  readonly approved: ReadonlyMap<Export, ReadonlySet<string>>;
}

export function configuredAccount(
  name: string,
  account: ConfigAccount,
  callout: CalloutOptions | null,
): ConfiguredAccount {
  const { nats } = newAccount(name, name);
  const approved = new Map<Export, ReadonlySet<string>>();
  const exports = (account.exports ?? []).map((each) => plainExport(each, approved));
  const claims: AccountClaims = {
    sub: name,
    name,
    iss: '',
    iat: 0,
    jti: '',
    nats: {
      ...nats,
      limits: { ...nats.limits, ...account.limits },
      exports,
      imports: account.imports ?? [],
      mappings: mappingsOf(account.mappings),
      default_permissions: account.defaultPermissions ?? nats.default_permissions,
      authorization: callout
        ? { auth_users: callout.authUsers, allowed_accounts: [], ...(callout.xkey && { xkey: callout.xkey }) }
        : nats.authorization,
    },
  };
  return { claims, token: '', operator: NO_OPERATOR, strict: false, approved };
}

const NO_OPERATOR = { ...newOperator('', ''), iss: '', iat: 0, jti: '' };

function plainExport({ accounts, ...rest }: ConfigExport, approved: Map<Export, ReadonlySet<string>>): Export {
  const made: Export = { revocations: new Map(), ...rest };
  if (accounts !== undefined) approved.set(made, new Set(accounts));
  return made;
}

function mappingsOf(mappings: ConfigAccount['mappings']): Map<string, WeightedMapping[]> {
  return mappings instanceof Map ? mappings : new Map(Object.entries(mappings ?? {}));
}

/** True unless the export names the accounts that may import it, and this is none of them. */
export function isApproved(exporter: VerifiedAccount, found: Export, importer: string): boolean {
  const approved = 'approved' in exporter ? (exporter as ConfiguredAccount).approved.get(found) : undefined;
  return approved?.has(importer) ?? true;
}
