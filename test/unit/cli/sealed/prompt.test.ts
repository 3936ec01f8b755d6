import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { program } from '../program.js';
import { tempDir } from '../temp.js';
import { PASSPHRASE, passphraseFile } from './temp-keystore.js';

const SCRIPT = '/usr/bin/script';

/** The program at a pseudo-terminal: each answer is written once its question is seen. */
function atTerminal(home: string, command: string, answers: [question: string, answer: string][]) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawn(SCRIPT, ['-qefc', `${inject('natsctl')} ${command}`, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home, TERM: 'xterm' },
      cwd: home,
    });
    let output = '';
    let seen = 0;
    const waiting = [...answers];
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const [next] = waiting;
      if (next === undefined || !output.slice(seen).includes(next[0])) return;
      seen = output.length;
      waiting.shift();
      child.stdin.write(`${next[1]}\r`);
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('a passphrase at a terminal', () => {
  it('is asked for once a command, twice where it is new, and never shown', async () => {
    const home = tempDir();
    const natsctl = program(home);
    await natsctl('operator', 'create', 'acme');
    const differing = await atTerminal(home, 'keys encrypt', [
      ['New passphrase', PASSPHRASE],
      ['Once more', 'another one'],
    ]);
    expect(differing).toMatchObject({ code: 1, output: expect.stringContaining('ERR_PASSPHRASE_MISMATCH') });
    const short = await atTerminal(home, 'keys encrypt', [['New passphrase', 'short']]);
    expect(short.output).toContain('8 characters at least');
    const encrypted = await atTerminal(home, 'keys encrypt', [
      ['New passphrase', PASSPHRASE],
      ['Once more', PASSPHRASE],
    ]);
    expect(encrypted).toMatchObject({ code: 0, output: expect.stringContaining('5 seeds are encrypted') });
    const made = await atTerminal(home, 'account create shop', [['Passphrase of the keystore', PASSPHRASE]]);
    expect(made.code).toBe(0);
    const wrong = await atTerminal(home, 'account create more', [['Passphrase of the keystore', 'wrong one']]);
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('ERR_PASSPHRASE_WRONG') });
    for (const { output } of [differing, encrypted, made, wrong])
      expect(output).not.toMatch(/horse|another one|wrong one/);
    const locked = await natsctl('account', 'create', 'more', '--json');
    expect(JSON.parse(locked.stdout).error.code).toBe('ERR_KEYSTORE_LOCKED');
    const file = passphraseFile();
    const unlocked = program(home, { NATSCTL_PASSPHRASE_FILE: file });
    expect((await unlocked('account', 'create', 'more')).code).toBe(0);
    expect(existsSync(path.join(home, '.local', 'share', 'nats', 'nsc', 'stores', 'acme', 'accounts', 'more'))).toBe(
      true,
    );
  }, 60_000);
});
