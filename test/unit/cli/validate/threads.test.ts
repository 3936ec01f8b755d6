import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { createUser } from '../../../../cli/user/create.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { program } from '../program.js';
import { tempDir, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

it('many accounts, on several threads, give what one thread finds, in the same order', {
  timeout: 60_000,
}, async () => {
  const home = tempDir();
  const now = Math.floor(Date.now() / 1000);
  const workspace = await tempWorkspace({ settings: tempSettings(home), now });
  for (let i = 0; i < 120; i++) {
    await createAccount(workspace, { name: `a${i}` });
    if (i % 3 === 0) await createUser(workspace, { ...noPermissions, name: `u${i}`, account: `a${i}` });
  }
  const users = path.join(workspace.store.dir, 'accounts', 'a7', 'users');
  mkdirSync(users);
  writeFileSync(path.join(users, 'bad.jwt'), 'no token');
  const creds = path.join(workspace.keystore, 'creds', 'acme');
  writeFileSync(path.join(creds, 'a9', 'gone.creds'), 'x');
  mkdirSync(path.join(creds, 'elsewhere'));
  writeFileSync(path.join(creds, 'elsewhere', 'x.creds'), 'x');

  const here = await validateStore(await openWorkspace(tempSettings(home), { now }), { accounts: [], drift: false });
  const { stdout } = await program(home)('validate', '--json');
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(here)));
  expect(here.checked).toEqual({ accounts: 121, users: 41 });
  const found = here.findings.map(({ code, entity }) => `${code} ${entity}`);
  for (const one of ['ERR_TOKEN_DAMAGED a7/bad', 'ERR_CREDS_ORPHANED a9/gone', 'ERR_CREDS_ORPHANED elsewhere/x']) {
    expect(found).toContain(one);
  }
});
