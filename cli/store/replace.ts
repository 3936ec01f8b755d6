import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { PRIVATE_FILE_MODE, TEMPORARY_SUFFIX } from './atomic.js';

/** A file that is to be replaced whole: written under another name in its folder, then renamed. */
export interface Replacement {
  file: string;
  content: string;
}

/** How far it came. */
interface Outcome {
  done: number;
  /** Of the file after those. */
  error?: { message: string; code: string | undefined };
}

/** Names and contents one after the other, where another thread sees them too without a copy of them all. */
interface Packed {
  bytes: Uint8Array;
  /** For each file in turn, where its name ends and where its content does. */
  ends: Uint32Array;
  /** One number: how many files are done or about to be. */
  taken: Int32Array;
}

interface Settings {
  mode: number;
  /** Where the umask takes away what a private file needs. */
  chmod: boolean;
  flush: boolean;
  /** Of the name before the rename, which is the same in each attempt: a second one leaves nothing of the first behind. */
  suffix: string;
  separator: string;
  /** From the last file to the first. */
  backwards: boolean;
}

/** Below this a second thread is not worth its start. */
const ENOUGH_FOR_TWO = 2_000;

/**
 * With calls that block, which are the fastest; of many files another thread makes the last ones, until the two meet. So they
 * seldom are in one folder, where one would wait for the other.
 *
 * @returns those that are in their place, and what stopped the rest
 */
export async function replaceFiles(
  replacements: readonly Replacement[],
  options: { flush: boolean; onFile?: (() => void) | undefined },
): Promise<{ done: Replacement[]; failed: { file: string; error: Error } | null }> {
  const settings: Settings = {
    mode: PRIVATE_FILE_MODE,
    chmod: (process.umask() & PRIVATE_FILE_MODE) !== 0,
    flush: options.flush,
    suffix: TEMPORARY_SUFFIX,
    separator: path.sep,
    backwards: false,
  };
  const packed = pack(replacements);
  const two = replacements.length >= ENOUGH_FOR_TWO && availableParallelism() > 1;
  // It must have begun: what follows here leaves no room for anything else on this thread.
  const other = two ? await startThread(packed, { ...settings, backwards: true }) : null;
  const first = replaceEach(fs, packed, settings, options.onFile);
  const last = (await other?.outcome) ?? { done: 0 };
  for (let each = 0; each < last.done; each++) options.onFile?.();
  const behind = replacements.length - last.done;
  const done =
    first.done >= behind ? [...replacements] : [...replacements.slice(0, first.done), ...replacements.slice(behind)];
  const stopped = first.error ?? last.error;
  if (stopped === undefined) return { done, failed: null };
  const { file = '' } = replacements[first.error ? first.done : Math.max(0, behind - 1)] ?? {};
  const error = Object.assign(new Error(stopped.message), { code: stopped.code });
  return { done, failed: { file, error } };
}

function pack(replacements: readonly Replacement[]): Packed {
  let size = 0;
  for (const { file, content } of replacements) size += Buffer.byteLength(file) + Buffer.byteLength(content);
  const bytes = Buffer.from(new SharedArrayBuffer(size));
  const ends = new Uint32Array(new SharedArrayBuffer(replacements.length * 2 * Uint32Array.BYTES_PER_ELEMENT));
  let at = 0;
  for (const [index, { file, content }] of replacements.entries()) {
    at += bytes.write(file, at, 'utf8');
    ends[2 * index] = at;
    at += bytes.write(content, at, 'utf8');
    ends[2 * index + 1] = at;
  }
  return { bytes, ends, taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}

/** Runs as text in another thread too, so it may use nothing but what it is given. */
function replaceEach(
  { openSync, fchmodSync, writeSync, fsyncSync, closeSync, renameSync, unlinkSync }: typeof fs,
  { bytes, ends, taken }: Packed,
  { mode, chmod, flush, suffix, separator, backwards }: Settings,
  onFile?: () => void,
): Outcome {
  const count = ends.length / 2;
  const names = Buffer.from(bytes.buffer);
  let done = 0;
  // So many are taken at a time that two threads end at about the same moment.
  const most = 16;
  for (let from = Atomics.add(taken, 0, most); from < count; from = Atomics.add(taken, 0, most)) {
    for (let left = Math.min(most, count - from); left > 0; left--) {
      const index = backwards ? count - 1 - done : done;
      const nameEnd = ends[2 * index] as number;
      const file = names.toString('utf8', index === 0 ? 0 : ends[2 * index - 1], nameEnd);
      const nameAt = file.lastIndexOf(separator) + 1;
      const temporary = `${file.slice(0, nameAt)}.${file.slice(nameAt)}${suffix}`;
      try {
        let handle: number;
        try {
          handle = openSync(temporary, 'wx', mode);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
          unlinkSync(temporary);
          handle = openSync(temporary, 'wx', mode);
        }
        try {
          if (chmod) fchmodSync(handle, mode);
          const end = ends[2 * index + 1] as number;
          // It may write less than it was given: a nearly full disk, a network file system.
          for (let at = nameEnd; at < end; ) at += writeSync(handle, bytes, at, end - at);
          if (flush) fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
        renameSync(temporary, file);
      } catch (error) {
        try {
          unlinkSync(temporary);
        } catch {
          // It was never made.
        }
        // The other thread need not go on.
        Atomics.store(taken, 0, count);
        const { message, code } = error as NodeJS.ErrnoException;
        return { done, error: { message, code } };
      }
      done++;
      onFile?.();
    }
  }
  return { done };
}

async function startThread(packed: Packed, settings: Settings): Promise<{ outcome: Promise<Outcome> }> {
  // Loaded here: few commands have need of it.
  const { Worker } = await import('node:worker_threads');
  const code = `const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
const { packed, settings } = workerData;
parentPort.postMessage((${replaceEach.toString()})(process.getBuiltinModule('node:fs'), packed, settings));`;
  const worker = new Worker(code, { eval: true, workerData: { packed, settings } });
  const outcome = new Promise<Outcome>((resolve) => {
    worker.once('message', resolve);
    // Nobody knows how far it came: all of them are taken back.
    worker.once('error', ({ message }) => {
      resolve({ done: packed.ends.length / 2, error: { message, code: undefined } });
    });
  });
  return { outcome };
}
