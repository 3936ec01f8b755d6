import { EVERYONE, isRevoked, revoke } from '../../claims/account/revocation.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { AccountClaims, Export } from '../../claims/types.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import type { ChangeReport } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { withExports } from '../export/change.js';
import { type ExportChoice, findExport } from '../export/find.js';
import { importersOf } from '../export/importers.js';
import { accountNameOf } from '../store/store.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { accountKey } from './create.js';

export interface ActivationRevocation extends ChangeReport {
  account: string;
  accountKey: string;
  subject: string;
  /** Key of the importing account, or `*`. */
  target: string;
  /** Unix seconds: activations issued until then are void. For a restored one, until when they were. */
  revokedAt: number;
}

interface Wanted {
  account?: string | undefined;
  export: ExportChoice;
  /** Importing account by name or key, or `*`. */
  target: string;
}

/** Makes the activations an account was given for an export void. */
export async function revokeActivation(
  workspace: Workspace,
  wanted: Wanted & { at?: number | undefined },
  options: ChangeOptions,
): Promise<ActivationRevocation> {
  const target = await targetKey(workspace, wanted.target);
  let revokedAt = 0;
  return changeExport(workspace, wanted, target, options, async (exported, exporter) => {
    // A token issued by a clock ahead of ours must be covered too, where we can see it.
    const known = wanted.at === undefined ? await newestIssued(workspace, exporter, exported, target) : 0;
    const revocations = revoke(exported.revocations, target, wanted.at ?? Math.max(workspace.now, known));
    revokedAt = revocations.get(target) as number;
    const same = exported.revocations.get(target) === revokedAt && revocations.size === exported.revocations.size;
    return { exported: same ? exported : { ...exported, revocations }, revokedAt };
  });
}

/** Takes a revocation away: activations that it made void count again. */
export async function restoreActivation(
  workspace: Workspace,
  wanted: Wanted,
  options: ChangeOptions,
): Promise<ActivationRevocation> {
  const target = await targetKey(workspace, wanted.target);
  return changeExport(workspace, wanted, target, options, async (exported) => {
    const revokedAt = exported.revocations.get(target);
    if (revokedAt === undefined) {
      const covered = isRevoked(exported.revocations, target, 0);
      throw cliError('ERR_REVOCATION_UNKNOWN', `the export of ${exported.subject} does not revoke ${wanted.target}`, {
        hint: covered ? "every account is revoked: restore '*'" : 'see `natsctl activation revocations`',
        details: { subject: exported.subject, target },
      });
    }
    const revocations = new Map(exported.revocations);
    revocations.delete(target);
    return { exported: { ...exported, revocations }, revokedAt };
  });
}

export async function listActivationRevocations(
  workspace: Workspace,
  wanted: { account?: string | undefined; export?: ExportChoice | undefined },
) {
  const account = await chooseAccount(workspace, wanted.account);
  const { claims } = account.jwt;
  const exports =
    wanted.export === undefined
      ? claims.nats.exports
      : [claims.nats.exports[findExport(account.name, claims, wanted.export)] as Export];
  const revocations = await Promise.all(
    exports.flatMap((exported) =>
      [...exported.revocations].map(async ([target, revokedAt]) => ({
        subject: exported.subject,
        type: exported.type,
        target,
        name: target === EVERYONE ? null : await nameOrNull(workspace, target),
        revokedAt,
      })),
    ),
  );
  return { account: account.name, accountKey: claims.sub, revocations };
}

async function nameOrNull({ store }: Workspace, key: string): Promise<string | null> {
  const name = await accountNameOf(store, key);
  return name === key ? null : name;
}

async function targetKey(workspace: Workspace, target: string): Promise<string> {
  return target === EVERYONE ? EVERYONE : accountKey(workspace, target);
}

async function changeExport(
  workspace: Workspace,
  wanted: Wanted,
  target: string,
  options: ChangeOptions,
  edit: (exported: Export, exporter: AccountClaims) => Promise<{ exported: Export; revokedAt: number }>,
): Promise<ActivationRevocation> {
  let shown = { account: '', subject: '', revokedAt: 0 };
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    const index = findExport(account.name, claims, wanted.export);
    const { exported, revokedAt } = await edit(claims.nats.exports[index] as Export, claims);
    shown = { account: account.name, subject: exported.subject, revokedAt };
    return withExports(claims, claims.nats.exports.with(index, exported));
  });
  return { ...shown, accountKey: change.before.sub, target, ...changeResult(change), warnings: [] };
}

async function newestIssued(
  workspace: Workspace,
  exporter: AccountClaims,
  exported: Export,
  target: string,
): Promise<number> {
  const importers = await importersOf(workspace, exporter.sub, exported);
  const issued = importers
    .filter(({ account }) => target === EVERYONE || account.jwt.claims.sub === target)
    .flatMap(({ import: one }) => issuedAt(one.token) ?? []);
  return Math.max(0, ...issued);
}

function issuedAt(token: string | undefined): number | null {
  if (token === undefined) return null;
  try {
    return decodeAs('activation', token).claims.iat;
  } catch {
    // A token nobody can read entitles nobody.
    return null;
  }
}
