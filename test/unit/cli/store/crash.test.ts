import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCreds } from '../../../../claims/creds.js';
import { writeFileAtomic } from '../../../../cli/store/atomic.js';
import { credsFile, findSeed } from '../../../../cli/store/keystore.js';
import { isDamaged, listAccounts, listOperatorNames } from '../../../../cli/store/store.js';
import { listUsers } from '../../../../cli/store/users.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

/** The compiled rooms: another process cannot load TypeScript on Node 20. */
const dist = fileURLToPath(new URL('../../../../dist/', import.meta.url));

/** Runs JavaScript in another process, with the compiled rooms at hand as `load('cli/...')`. */
function otherProcess(code: string, ...args: string[]) {
  const source = `const load = (file) => import(${JSON.stringify(`file://${dist}`)} + file + '.js');
const [${args.map((_, i) => `a${i}`).join(', ')}] = process.argv.slice(1);
${code}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const settingsOf = (home: string) => `{ env: {}, home: ${JSON.stringify(home)}, cwd: '/' }`;

const openHere = (home: string) => `
const { openWorkspace } = await load('cli/workspace');
const workspace = await openWorkspace(${settingsOf(home)}, { now: ${NOW} });`;

beforeAll(() => {
  if (!existsSync(path.join(dist, 'cli/workspace.js'))) throw new Error('build first: npm run build');
});

describe('a process killed while it writes', () => {
  it('leaves a file with the old content or the new one, never a torn or empty one', async () => {
    const file = path.join(tempDir(), 'a.jwt');
    const versions = ['a', 'b'].map((letter) => letter.repeat(300_000));
    for (let round = 0; round < 12; round++) {
      await writeFileAtomic(file, versions[0] as string);
      const child = otherProcess(
        `const { writeFileAtomic } = await load('cli/store/atomic');
         const versions = ['a', 'b'].map((letter) => letter.repeat(300_000));
         console.log('ready');
         for (let i = 1; ; i++) await writeFileAtomic(a0, versions[i % 2]);`,
        file,
      );
      await once(child.stdout, 'data');
      // Not a wait for something: the moment of the kill is meant to be anywhere in a write.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 25));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(versions).toContain(readFileSync(file, 'utf8'));
    }
  });

  it('leaves whole accounts and users, each with its key, and a store that goes on', async () => {
    const home = tempDir();
    const workspace = await tempWorkspace({ settings: tempSettings(home) });
    for (let round = 0; round < 8; round++) {
      const child = otherProcess(
        `${openHere(home)}
         const { createAccount } = await load('cli/account/create');
         const { createUser } = await load('cli/user/create');
         const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
         console.log('ready');
         for (let i = 0; ; i++) {
           const name = 'r' + a0 + '-' + i;
           await createAccount(workspace, { name });
           await createUser(workspace, { name: 'u', account: name, ...none });
         }`,
        String(round),
      );
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill('SIGKILL');
      await once(child, 'exit');

      const accounts = await listAccounts(workspace.store);
      for (const account of accounts) {
        if (isDamaged(account)) throw account.problem;
        expect(await findSeed(workspace.keystore, account.jwt.claims.sub)).not.toBeNull();
        for (const user of await listUsers(workspace.store, account.name)) {
          if (isDamaged(user)) throw user.problem;
          expect(await findSeed(workspace.keystore, user.jwt.claims.sub)).not.toBeNull();
          const creds = credsFile(workspace.keystore, 'acme', account.name, user.name);
          if (existsSync(creds)) expect(parseCreds(readFileSync(creds, 'utf8')).token).toBe(user.jwt.token);
        }
      }
      // nsc adds no user while one account folder lacks its token.
      expect(readdirSync(path.join(workspace.store.dir, 'accounts'))).toHaveLength(accounts.length);
    }
  });

  it('leaves a whole operator or none', async () => {
    const home = tempDir();
    for (let round = 0; round < 8; round++) {
      const child = otherProcess(
        `const { createOperator } = await load('cli/operator/create');
         const { resolvePaths } = await load('cli/store/paths');
         const paths = resolvePaths(${settingsOf(home)});
         console.log('ready');
         for (let i = 0; ; i++) {
           const wanted = { name: 'o' + a0 + '-' + i, signingKey: true, requireSigningKeys: false, serviceUrls: [] };
           await createOperator(paths, wanted, ${NOW});
         }`,
        String(round),
      );
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const root = path.join(home, '.local/share/nats/nsc/stores');
      // Killed before it had made anything at all.
      if (!existsSync(root)) continue;
      const names = await listOperatorNames(root);
      const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      expect(folders.map((entry) => entry.name)).toEqual(expect.arrayContaining(names));
      expect(folders).toHaveLength(names.length);
      for (const operator of names) {
        const { store } = await openWorkspace(tempSettings(home), { operator, now: NOW });
        expect((await listAccounts(store)).filter(isDamaged)).toEqual([]);
        expect(await listUsers(store, 'SYS')).toHaveLength(1);
      }
    }
  });
});

describe('a process killed in a change of many files', () => {
  it('leaves all of them or none, once the next command has looked', { timeout: 60_000 }, async () => {
    const home = tempDir();
    const workspace = await tempWorkspace({ settings: tempSettings(home) });
    const users = path.join(workspace.store.dir, 'accounts', 'SYS', 'users');
    const seen = new Set<string>();
    let wholeMs = 0;
    for (let round = 0; round < 9; round++) {
      // The first round is let finish: it says how long the others have. They end themselves, anywhere from the first moment on.
      const killAfterMs = round === 0 ? -1 : ((round - 1) / 7) * wholeMs;
      const child = otherProcess(
        `${openHere(home)}
         const { commitFiles } = await load('cli/store/transaction');
         const { changing } = await load('cli/workspace');
         const writes = [];
         for (let i = 0; i < 1_010; i++) {
           writes.push({ in: 'store', path: 'acme/accounts/SYS/users/' + a0 + '-' + i + '.jwt', content: 'x'.repeat(700) });
           writes.push({ in: 'keystore', path: 'creds/acme/SYS/' + a0 + '-' + i + '.creds', content: 'x'.repeat(900) });
         }
         if (Number(a1) >= 0) setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(a1));
         const started = performance.now();
         await changing(workspace, () => commitFiles(workspace.paths, writes));
         console.log(performance.now() - started);`,
        `r${round}`,
        String(killAfterMs),
      );
      if (round === 0) wholeMs = Number(await once(child.stdout, 'data'));
      else child.stdout.resume();
      await once(child, 'exit');
      await openWorkspace(tempSettings(home), { now: NOW });
      const creds = path.join(workspace.keystore, 'creds', 'acme', 'SYS');
      const ofRound = (dir: string) => readdirSync(dir).filter((name) => name.startsWith(`r${round}-`));
      const counts = [ofRound(users).length, ofRound(creds).length];
      expect([
        [0, 0],
        [1_010, 1_010],
      ]).toContainEqual(counts);
      for (const name of ofRound(users)) expect(readFileSync(path.join(users, name), 'utf8')).toHaveLength(700);
      seen.add(counts.join());
      for (const dir of [users, creds]) expect(readdirSync(dir).filter((name) => name.startsWith('.r'))).toEqual([]);
      expect(readdirSync(workspace.keystore).filter((name) => name.startsWith('unfinished'))).toEqual([]);
    }
    expect(seen.size).toBe(2);
  });
});

describe('two processes at once', () => {
  it('lose nothing of each other', async () => {
    const home = tempDir();
    const workspace = await tempWorkspace({ settings: tempSettings(home) });
    const code = `${openHere(home)}
      const { createAccount } = await load('cli/account/create');
      const { createUser } = await load('cli/user/create');
      const { revokeUser } = await load('cli/user/revoke');
      const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };
      for (let i = 0; i < 10; i++) {
        await createUser(workspace, { name: a0 + i, account: 'SYS', ...none });
        // Each writes the same account's token: a lost update would lose a revocation.
        await revokeUser(workspace, { user: a0 + i, account: 'SYS', unlisted: false });
        await createAccount(workspace, { name: 'of-' + a0 + i });
      }`;
    const children = ['a', 'b', 'c'].map((name) => otherProcess(code, name));
    const exits = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
    const accounts = await listAccounts(workspace.store);
    expect(accounts).toHaveLength(31);
    const system = accounts.find((one) => one.name === 'SYS');
    if (!system || isDamaged(system)) throw new Error('SYS cannot be read');
    expect(system.jwt.claims.nats.revocations.size).toBe(30);
    expect(await listUsers(workspace.store, 'SYS')).toHaveLength(31);
  });

  it('that want one name: one gets it, the other is told', async () => {
    const home = tempDir();
    const workspace = await tempWorkspace({ settings: tempSettings(home) });
    const code = `${openHere(home)}
      const { createAccount } = await load('cli/account/create');
      const made = await createAccount(workspace, { name: 'one' }).then(() => 'made', (error) => error.code);
      console.log(made);`;
    const children = [1, 2, 3].map(() => otherProcess(code));
    const said = await Promise.all(
      children.map(async (child) => {
        let text = '';
        for await (const chunk of child.stdout) text += chunk;
        return text.trim();
      }),
    );
    expect(said.sort()).toEqual(['ERR_ACCOUNT_NAME_TAKEN', 'ERR_ACCOUNT_NAME_TAKEN', 'made']);
    expect(await listAccounts(workspace.store)).toHaveLength(2);
  });
});

describe('a file system that refuses', () => {
  it('leaves the old content where the new one cannot be written', async () => {
    const dir = tempDir();
    const file = path.join(dir, 'a.jwt');
    await writeFileAtomic(file, 'old');
    // A folder in the place of the parent: what a path through a file gives.
    await expect(writeFileAtomic(path.join(file, 'b.jwt'), 'new')).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
    mkdirSync(path.join(dir, 'folder'));
    writeFileSync(path.join(dir, 'folder', 'x'), '');
    await expect(writeFileAtomic(path.join(dir, 'folder'), 'new')).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['a.jwt', 'folder']);
  });
});
