import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { PRIVATE_FILE_MODE } from './atomic.js';

/** A file that is to be replaced whole: written under another name in its folder, then renamed. */
export interface Replacement {
  file: string;
  temporary: string;
  content: string;
}

/** How far it came. */
interface Outcome {
  done: number;
  /** Of the file at `done`. */
  error?: { message: string; code: string | undefined };
}

interface Settings {
  mode: number;
  /** Where the umask takes away what a private file needs. */
  chmod: boolean;
  flush: boolean;
}

/** Below this a second thread is not worth its start. */
const ENOUGH_FOR_TWO = 2_000;

/** @returns those that are in their place, and what stopped the rest; each with the calls that block, which are the fastest */
export async function replaceFiles(
  replacements: readonly Replacement[],
  options: { flush: boolean; onFile?: (() => void) | undefined },
): Promise<{ done: Replacement[]; failed: { file: string; error: Error } | null }> {
  const chmod = (process.umask() & PRIVATE_FILE_MODE) !== 0;
  const settings = { mode: PRIVATE_FILE_MODE, chmod, flush: options.flush };
  const two = replacements.length >= ENOUGH_FOR_TWO && availableParallelism() > 1;
  const middle = two ? Math.ceil(replacements.length / 2) : replacements.length;
  const parts = [replacements.slice(0, middle), replacements.slice(middle)] as const;
  const other = two ? inThread(parts[1], settings) : null;
  const outcomes = [replaceEach(fs, parts[0], settings, options.onFile), await other];
  const done: Replacement[] = [];
  let failed: { file: string; error: Error } | null = null;
  for (const [at, outcome] of outcomes.entries()) {
    if (outcome === null || outcome === undefined) continue;
    const part = parts[at] as Replacement[];
    for (let each = 0; each < outcome.done; each++) done.push(part[each] as Replacement);
    if (at === 1) for (let each = 0; each < outcome.done; each++) options.onFile?.();
    if (outcome.error && failed === null) {
      const { message, code } = outcome.error;
      failed = { file: part[outcome.done]?.file ?? '', error: Object.assign(new Error(message), { code }) };
    }
  }
  return { done, failed };
}

/** Runs as text in another thread too, so it may use nothing but what it is given. */
function replaceEach(
  { openSync, fchmodSync, writeSync, fsyncSync, closeSync, renameSync, unlinkSync }: typeof fs,
  replacements: readonly Replacement[],
  { mode, chmod, flush }: Settings,
  onFile?: () => void,
): Outcome {
  let done = 0;
  for (const { file, temporary, content } of replacements) {
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
        const bytes = Buffer.from(content, 'utf8');
        // It may write less than it was given: a nearly full disk, a network file system.
        for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
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
      const { message, code } = error as NodeJS.ErrnoException;
      return { done, error: { message, code } };
    }
    done++;
    onFile?.();
  }
  return { done };
}

async function inThread(replacements: readonly Replacement[], settings: Settings): Promise<Outcome> {
  // Loaded here: few commands have need of it.
  const { Worker } = await import('node:worker_threads');
  const code = `const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage((${replaceEach.toString()})(require('node:fs'), workerData.replacements, workerData.settings));`;
  const worker = new Worker(code, { eval: true, workerData: { replacements, settings } });
  return new Promise((resolve) => {
    worker.once('message', resolve);
    // Nobody knows how far it came: all of them are taken back.
    worker.once('error', ({ message }) => {
      resolve({ done: replacements.length, error: { message, code: undefined } });
    });
  });
}
