import { readFileSync } from 'node:fs';
import { writeFileAtomic } from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';

/** The part of nsc.json that chooses store, operator and account. nsc keeps more in it, which we carry along. */
export interface NscContext {
  store_root?: string;
  operator?: string;
  account?: string;
}

/** nsc.json, or an empty context where there is none. */
export function readContextFile(file: string): NscContext {
  const { store_root, operator, account } = readAll(file);
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const context: NscContext = {};
  const root = text(store_root);
  if (root !== undefined) context.store_root = root;
  const operatorName = text(operator);
  if (operatorName !== undefined) context.operator = operatorName;
  const accountName = text(account);
  if (accountName !== undefined) context.account = accountName;
  return context;
}

/** Changes the context in nsc.json and keeps what else is there; a first one is written as nsc itself would. */
export async function writeContextFile(file: string, change: NscContext, now: number): Promise<void> {
  const before = readAll(file);
  const after = {
    store_root: '',
    operator: '',
    account: '',
    // What nsc writes on its first run; without them it would look for a release of itself at once.
    github_updates: 'nats-io/nsc',
    last_update: now,
    ...before,
    ...change,
  };
  await writeFileAtomic(file, JSON.stringify(after));
}

function readAll(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return {};
    throw ioError(error, 'read', file);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the same message.
  }
  throw storeError('ERR_STORE_DAMAGED', `${file} is not the JSON that nsc writes`, {
    hint: 'repair it, or move it away and choose the store with --store',
    details: { file },
  });
}
