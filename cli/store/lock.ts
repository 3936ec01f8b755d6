import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makePrivateDir, PRIVATE_FILE_MODE } from './atomic.js';
import { ioError, storeError, systemCode } from './errors.js';

/**
 * One writer at a time in a store, across processes. nsc has no lock and takes none of ours; readers need none, since every
 * write replaces a file or a folder whole.
 *
 * A plain file in the store root: `nats auth` fails on a folder there that is not an operator's.
 */
const LOCK_NAME = '.natsctl.lock';

/** Longer than any command holds it; then the wait ends with an error, never with a broken lock. */
const DEFAULT_WAIT_MS = 10_000;
const POLL_MS = 15;
/** A process writes its line in the same breath as it makes the file; an older empty file was left by one that died there. */
const EMPTY_IS_STALE_MS = 2_000;

interface Holder {
  pid: number;
  host: string;
  /** Of the process in clock ticks since boot, or '' where the system does not tell: a process id may be used again. */
  started: string;
  token: string;
}

export interface LockOptions {
  waitMs?: number;
}

export async function withStoreLock<T>(
  storeRoot: string,
  run: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await makePrivateDir(storeRoot);
  const file = path.join(storeRoot, LOCK_NAME);
  const release = await acquire(file, options.waitMs ?? DEFAULT_WAIT_MS);
  try {
    return await run();
  } finally {
    await release();
  }
}

async function acquire(file: string, waitMs: number): Promise<() => Promise<void>> {
  const me: Holder = { pid: process.pid, host: hostname(), started: await startOf(process.pid), token: token() };
  const deadline = performance.now() + waitMs;
  for (;;) {
    if (await create(file, me)) return () => release(file, me);
    const holder = await read(file);
    if (holder !== 'gone' && (await isStale(file, holder))) await breakStale(file, me);
    else if (performance.now() >= deadline) throw locked(file, holder);
    else await delay(POLL_MS + Math.random() * POLL_MS);
  }
}

async function create(file: string, me: Holder): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', PRIVATE_FILE_MODE);
    try {
      await handle.writeFile(JSON.stringify(me));
    } catch (error) {
      // A full disk: without a line in it the file would stand for a writer that is just beginning.
      await unlink(file).catch(() => {});
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw ioError(error, 'write', file);
  }
}

async function release(file: string, me: Holder): Promise<void> {
  const holder = await read(file);
  if (typeof holder === 'object' && holder?.token === me.token) await unlink(file).catch(() => {});
}

/** `gone`: no such file; null: a file that says nothing (being written, or its writer died). */
async function read(file: string): Promise<Holder | null | 'gone'> {
  let text: string;
  try {
    text = await readFile(file, { encoding: 'utf8', flag: constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'gone';
    throw ioError(error, 'read', file);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, host, started, token } = value as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return null;
    return { pid, host, started: typeof started === 'string' ? started : '', token };
  } catch {
    return null;
  }
}

async function isStale(file: string, holder: Holder | null): Promise<boolean> {
  if (holder === null) {
    try {
      const handle = await open(file, 'r');
      try {
        const stat = await handle.stat();
        return Date.now() - stat.mtimeMs > EMPTY_IS_STALE_MS;
      } finally {
        await handle.close();
      }
    } catch {
      return false;
    }
  }
  // Another machine's processes cannot be seen from here (a store on a network drive).
  if (holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  const started = await startOf(holder.pid);
  return started !== '' && holder.started !== '' && started !== holder.started;
}

/**
 * Two waiters may see the same dead holder; were both to delete the file, the second would delete the first one's fresh
 * lock. So who deletes must first hold `<lock>.break`, and looks again under it.
 */
async function breakStale(file: string, me: Holder): Promise<void> {
  const breaker = `${file}.break`;
  if (!(await create(breaker, me))) {
    const other = await read(breaker);
    if (other !== 'gone' && (await isStale(breaker, other))) await unlink(breaker).catch(() => {});
    await delay(POLL_MS);
    return;
  }
  try {
    const holder = await read(file);
    if (holder !== 'gone' && (await isStale(file, holder))) await unlink(file).catch(() => {});
  } finally {
    await unlink(breaker).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat; the second field, the command, may hold spaces and brackets, so count from its end. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return '';
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function token(): string {
  return randomBytes(9).toString('base64url');
}

function locked(file: string, holder: Holder | null | 'gone'): Error {
  const who =
    typeof holder === 'object' && holder !== null ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return storeError('ERR_STORE_LOCKED', `the store is being changed by ${who}`, {
    hint: `wait for it to end; if it is gone, delete ${file}`,
    details: { file, ...(typeof holder === 'object' && holder !== null ? { pid: holder.pid, host: holder.host } : {}) },
  });
}
