import { spawn } from 'node:child_process';
import { sealedError } from '../sealed/errors.js';
import { type AgentStart, type AgentState, stateOf } from './run.js';

/**
 * Leaves an agent behind: this program once more, in a session of its own. The key goes to it by its stdin, never by its
 * arguments or environment, and its first line on stdout says that it listens.
 */
export async function leaveAgent(keystore: string, { key, until }: AgentStart, time: string): Promise<AgentState> {
  const program = process.argv[1] as string;
  const args = [program, 'keys', 'agent', '--keystore', keystore, '--for', time, '--key-from-stdin'];
  const { NATSCTL_PASSPHRASE_FILE: _file, NATSCTL_JSON: _json, ...env } = process.env;
  const child = spawn(process.execPath, args, { detached: true, stdio: 'pipe', env, cwd: '/' });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const listens = new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true));
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(key.dataKey);
  if (!(await listens)) {
    throw sealedError('ERR_AGENT_FAILED', `the agent ended at once: ${said.trim().split('\n')[0] ?? ''}`);
  }
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  return stateOf(keystore, child.pid as number, until);
}
