import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentKey, askAgent } from '../../../../cli/agent/client.js';
import { socketFile } from '../../../../cli/agent/place.js';
import { lockKeystore, refuseRunning, startOf } from '../../../../cli/agent/run.js';
import { serveAgent } from '../../../../cli/agent/serve.js';
import { encryptKeystore } from '../../../../cli/keys/encrypt.js';
import { unlock } from '../../../../cli/sealed/unlock.js';
import { findSeed } from '../../../../cli/store/keystore.js';
import { readOperator } from '../../../../cli/store/store.js';
import { cheapKdf, freshProcess, passphraseFile } from '../sealed/temp-keystore.js';
import { tempDir } from '../temp.js';
import { tempWorkspace } from '../temp-workspace.js';

const now = () => Math.floor(Date.now() / 1000);

/** An encrypted keystore, its key, and a runtime folder of its own. */
async function lockedKeystore() {
  const runtime = tempDir();
  const before = process.env.XDG_RUNTIME_DIR;
  process.env.XDG_RUNTIME_DIR = runtime;
  onTestFinished(() => {
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = before;
  });
  const workspace = await tempWorkspace();
  const { keystore } = workspace;
  await freshProcess(passphraseFile());
  await encryptKeystore(workspace.paths, { kinds: [], dryRun: false, kdf: cheapKdf() });
  const key = await unlock(keystore);
  if (key === null) throw new Error('not encrypted');
  const held = { header: key.header, dataKey: Buffer.from(key.dataKey) };
  await freshProcess(null);
  const operator = (await readOperator(workspace.store)).claims.sub;
  return { runtime, keystore, key: held, find: () => findSeed(keystore, operator) };
}

async function agentOf(keystore: string, key: Awaited<ReturnType<typeof lockedKeystore>>['key'], until = now() + 60) {
  const agent = await serveAgent(keystore, key, until);
  onTestFinished(() => agent.stop());
  return agent;
}

describe('the agent', () => {
  it('unlocks the keystore for the commands of this user, until it is told to lock', async () => {
    const { keystore, key, find, runtime } = await lockedKeystore();
    await expect(find()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    const agent = await agentOf(keystore, key);
    expect(path.dirname(path.dirname(agent.socket))).toBe(runtime);
    expect(statSync(agent.socket).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(agent.socket)).mode & 0o777).toBe(0o700);
    expect(await find()).not.toBeNull();
    expect(await askAgent(keystore, { op: 'status' })).toEqual({
      id: key.header.id,
      until: agent.until,
      pid: process.pid,
    });
    await expect(refuseRunning(keystore)).rejects.toMatchObject({ code: 'ERR_AGENT_FAILED' });
    expect(await lockKeystore(keystore)).toEqual({ keystore, locked: true });
    expect(await agent.ended).toBe('locked');
    expect(key.dataKey.every((byte) => byte === 0)).toBe(true);
    expect(existsSync(agent.socket)).toBe(false);
    expect(await lockKeystore(keystore)).toEqual({ keystore, locked: false });
    await freshProcess(null);
    await expect(find()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
  });

  it('ends by itself when its time is over', async () => {
    const { keystore, key } = await lockedKeystore();
    const agent = await agentOf(keystore, key, now() - 1);
    expect(await agent.ended).toBe('expired');
    expect(await askAgent(keystore, { op: 'status' })).toBeNull();
  });

  it('gives no key but the one it is asked for, and nothing to what is no request', async () => {
    const { keystore, key } = await lockedKeystore();
    const agent = await agentOf(keystore, key);
    expect(await agentKey(keystore, 'another')).toBeNull();
    for (const text of ['rubbish\n', '{"op":"give"}\n', 'null\n', 'x'.repeat(5000)]) {
      const said = await new Promise<string>((resolve) => {
        let answer = '';
        const socket = connect(agent.socket, () => socket.write(text));
        socket.on('data', (chunk) => {
          answer += chunk;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(answer));
      });
      expect(said, text.slice(0, 20)).toBe('');
    }
    expect(await agentKey(keystore, key.header.id)).toEqual(key.dataKey);
  });

  it('takes the place of one that was killed', async () => {
    const { keystore, key } = await lockedKeystore();
    const socket = await socketFile(keystore);
    mkdirSync(path.dirname(socket), { mode: 0o700 });
    writeFileSync(socket, '');
    await refuseRunning(keystore);
    await agentOf(keystore, key);
    expect(await agentKey(keystore, key.header.id)).toEqual(key.dataKey);
  });

  it('is not believed where it has another key', async () => {
    const { keystore, key, find } = await lockedKeystore();
    await agentOf(keystore, { header: key.header, dataKey: Buffer.alloc(32, 7) });
    await expect(find()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
  });

  it('has no folder that others may enter, and asks nobody there', async () => {
    const { keystore, key, runtime, find } = await lockedKeystore();
    const socket = await socketFile(keystore);
    const folder = path.dirname(socket);
    mkdirSync(folder, { mode: 0o755 });
    await expect(serveAgent(keystore, key, now() + 60)).rejects.toMatchObject({ code: 'ERR_AGENT_FOLDER' });
    const asked: string[] = [];
    const server = createServer(() => asked.push('asked'));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    await expect(find()).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    expect(asked).toEqual([]);
    rmSync(folder, { recursive: true });
    symlinkSync(tempDir(), path.join(runtime, 'natsctl'));
    await expect(serveAgent(keystore, key, now() + 60)).rejects.toMatchObject({ code: 'ERR_AGENT_FOLDER' });
  });

  it('needs an encrypted keystore and a time', async () => {
    const { keystore } = await lockedKeystore();
    const plain = (await tempWorkspace()).keystore;
    await expect(startOf(plain, { for: '1h' }, now())).rejects.toMatchObject({ code: 'ERR_KEYSTORE_NOT_ENCRYPTED' });
    await expect(startOf(keystore, { for: '0' }, now())).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(startOf(keystore, { for: '1000h' }, now())).rejects.toMatchObject({ code: 'ERR_USAGE' });
    await expect(startOf(keystore, { for: 'x' }, now())).rejects.toMatchObject({ code: 'ERR_DURATION_INVALID' });
    await expect(startOf(keystore, { for: '1h' }, now())).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    const wrong = passphraseFile('wrong horse battery');
    const flags = { for: '1h', 'passphrase-file': wrong };
    await expect(startOf(keystore, flags, now())).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
  });
});
