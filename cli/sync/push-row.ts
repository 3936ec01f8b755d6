import { isNatsctlError } from '../../claims/errors.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import type { Difference } from '../change/difference.js';
import { shellWord } from '../output/shell-word.js';
import type { Damaged, StoredAccount } from '../store/store.js';
import type { RemoteOptions } from './remote-options.js';

/** What one server of a system said. */
export interface ServerResult {
  server: string;
  ok: boolean;
  message: string;
}

export interface PushRow {
  /** Null where the local token cannot be read. */
  account: string | null;
  name: string;
  /** `incomplete`: some servers took it, others did not. With `--dry-run` what would be. */
  result: 'created' | 'updated' | 'unchanged' | 'pending' | 'incomplete' | 'refused';
  /** Over NATS, where it was pushed: each server's answer. */
  servers: ServerResult[];
  /** With `--dry-run`: from what is held to what would be pushed, claim by claim. */
  differences?: Difference[];
  code?: string;
  message?: string;
  hint?: string;
}

export interface PushOptions extends RemoteOptions {
  /** Names or public keys. None = every account. */
  accounts?: string[] | undefined;
  /** Push what is held in another version, drops revocations, or is not valid: the resolver has the last word. */
  force?: boolean | undefined;
  /** Of an admin of the service, who alone may force it to drop revocations. */
  accessToken?: string | undefined;
  dryRun?: boolean | undefined;
  /** How often to try again with servers that stayed behind. */
  retry?: number | undefined;
}

export function pullFirst(message: string, name: string, code = 'ERR_PULL_FIRST') {
  const hint = `pull first: run \`natsctl pull ${shellWord(name)}\`, then push again`;
  return { result: 'refused' as const, code, message, hint };
}

export function refusedLocally(entity: StoredAccount | Damaged, account: string | null, error: unknown): PushRow {
  const row = { account, name: entity.name, result: 'refused' as const, servers: [] };
  if (!isNatsctlError(error)) throw error;
  return { ...row, code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) };
}

export function serverResults(answers: readonly ServerAnswer[]): ServerResult[] {
  return answers.map(({ server, ok, message }) => ({ server, ok, message }));
}
