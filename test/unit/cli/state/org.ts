import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isNatsctlError } from '../../../../claims/errors.js';
import { applyChange, type ChangeOptions, planChange } from '../../../../cli/state/change.js';
import { exportState } from '../../../../cli/state/export.js';
import { parseState } from '../../../../cli/state/read.js';
import { appliedReport, planReport } from '../../../../cli/state/show.js';
import { writeState } from '../../../../cli/state/write.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { readAccount } from '../../../../cli/store/store.js';
import { readUser } from '../../../../cli/store/users.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { NOW, tempSettings } from '../temp.js';

/** What the tests of state files begin with. */
export const ORG = `apiVersion: natsctl/v1
kind: Operator
name: acme
signingKeys: [generate]
serviceUrls: [nats://127.0.0.1:4222]
systemAccount: SYS
accounts:
  SYS:
    signingKeys: [generate]
    users: {sys: {}}
  billing:
    signingKeys: [generate]
    exports:
      - {subject: "q.*", type: service, private: true}
      - {subject: "pub.>", type: stream}
  shop:
    signingKeys:
      - role: sales
        publish: {allow: ["sales.{{name()}}.>"]}
    imports:
      - {subject: "q.*", type: service, account: billing, localSubject: "ask.$1", activation: auto}
      - {subject: "pub.>", type: stream, account: billing}
    users:
      ann: {data: 10MiB}
      clerk: {role: sales}
`;

/** A store that state files are applied to. */
export function org(settings = tempSettings()) {
  const paths = resolvePaths(settings);
  const options = (more: Partial<ChangeOptions>): ChangeOptions => ({ now: NOW, ...more });
  const workspace = () => openWorkspace(settings, { operator: 'acme', now: NOW });
  return {
    paths,
    settings,
    plan: async (text: string, more: Partial<ChangeOptions> = {}) =>
      planReport(await planChange(paths, parseState(text, 'org.yaml'), options(more))),
    /** @param meanwhile what happens between the plan and the change */
    apply: async (text: string, more: Partial<ChangeOptions> = {}, meanwhile?: () => Promise<unknown>) => {
      const wanted = options(more);
      const planned = await planChange(paths, parseState(text, 'org.yaml'), wanted);
      await meanwhile?.();
      return appliedReport(await applyChange(paths, planned, { now: wanted.now }), false);
    },
    text: async (more: { withoutKeys?: boolean } = {}) => writeState(await exportState(await workspace(), more)),
    workspace,
    account: async (name: string) => (await readAccount((await workspace()).store, name)).jwt.claims,
    user: async (account: string, name: string) =>
      (await readUser((await workspace()).store, account, name)).jwt.claims,
    write: (file: string, text: string) => {
      const at = path.join(settings.home, file);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, text);
      return at;
    },
  };
}

/** The code and place of what a call is refused with. */
export async function refusal(
  call: () => unknown,
): Promise<{ code: string; message: string; details: Record<string, unknown> }> {
  try {
    await call();
  } catch (error) {
    if (isNatsctlError(error)) return { code: error.code, message: error.message, details: error.details };
    throw error;
  }
  throw new Error('it was not refused');
}
