import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { sealedError } from '../sealed/errors.js';
import { KEY_BYTES } from '../sealed/kdf.js';

/**
 * Leaves an agent behind: this program once more, in a session of its own. The key goes to it by its stdin, never by its
 * arguments or environment, and its first line on stdout says that it listens.
 */
export async function leaveAgent(keystore: string, dataKey: Buffer, until: number): Promise<number> {
  const program = process.argv[1];
  if (program === undefined) throw sealedError('ERR_AGENT_FAILED', 'the agent cannot find its own program');
  const args = [program, 'keys', 'agent', '--keystore', keystore, '--until', String(until), '--key-from-stdin'];
  const { NATSCTL_PASSPHRASE_FILE: _file, NATSCTL_JSON: _json, ...env } = process.env;
  const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env, cwd: '/' });
  const ready = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(dataKey);
  if (!(await ready)) {
    throw sealedError('ERR_AGENT_FAILED', `the agent ended at once: ${said.trim().split('\n')[0] ?? ''}`);
  }
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  return child.pid as number;
}

/** The key that `leaveAgent` hands over. */
export async function keyFromStdin(): Promise<Buffer> {
  const key = await buffer(process.stdin);
  if (key.length === KEY_BYTES) return key;
  throw sealedError('ERR_AGENT_FAILED', 'the key of the agent did not arrive');
}
