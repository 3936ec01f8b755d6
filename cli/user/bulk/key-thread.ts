import type crypto from 'node:crypto';
import { availableParallelism } from 'node:os';
import type threads from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { Seed } from '../../../claims/keys/seed.js';
import type { Signer } from '../../../claims/keys/signer.js';

/**
 * What of thousands of users is arithmetic of keys, done by another thread: their keys, made ahead, and their signatures, many
 * at a time. That is half of what making them takes.
 */
export interface KeyThread {
  newSeed(): Seed | Promise<Seed>;
  /** Signs as this one does; to be asked for many signatures before the first is awaited. */
  signer(signer: Signer): Signer;
  end(): void;
}

/** Keys or signatures at a time. */
const CHUNK = 128;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** For fewer than this a thread is not worth its start. */
const ENOUGH_FOR_A_THREAD = 500;

const HERE: KeyThread = { newSeed: () => Seed.generate('user'), signer: (signer) => signer, end() {} };

/** What the thread says: keys, or the signatures of what it was sent longest ago. */
interface Said {
  keys?: Uint8Array;
  signatures?: Uint8Array;
}

interface Batch {
  signer: Signer;
  asked: {
    data: Uint8Array;
    resolve(signature: Uint8Array | Promise<Uint8Array>): void;
  }[];
}

/** @param count how many keys will be asked for at most; more are made here */
export function startKeyThread(count: number): KeyThread {
  if (count < ENOUGH_FOR_A_THREAD || availableParallelism() < 2) return HERE;
  const modules = ['worker_threads', 'crypto'].map((name) => `process.getBuiltinModule('node:${name}')`);
  const worker = new Worker(`(${work.toString()})(${modules.join()})`, {
    eval: true,
    workerData: { count, chunk: CHUNK },
  });
  const made = keysMade(count);
  const sent: Batch[] = [];
  let ended = false;
  worker.on('message', ({ keys, signatures }: Said) => {
    if (keys !== undefined) made.add(keys);
    if (signatures === undefined) return;
    for (const [at, { resolve }] of (sent.shift() as Batch).asked.entries()) {
      resolve(signatures.subarray(at * SIGNATURE_BYTES, (at + 1) * SIGNATURE_BYTES));
    }
  });
  // A thread that fails leaves the rest to be done here.
  const over = () => {
    ended = true;
    made.end();
    for (const batch of sent.splice(0)) signHere(batch);
  };
  worker.once('error', over);
  worker.once('exit', over);
  const send = ({ signer, asked }: Batch): void => {
    const batch = { signer, asked: asked.splice(0) };
    if (ended) signHere(batch);
    else if (batch.asked.length > 0) {
      const data = Buffer.concat(batch.asked.map((one) => one.data));
      worker.postMessage({ key: signer.key, data, lengths: batch.asked.map((one) => one.data.length) });
      sent.push(batch);
    }
  };
  return {
    newSeed: made.next,
    signer(signer) {
      if (signer.key === undefined) return signer;
      const batch: Batch = { signer, asked: [] };
      return {
        publicKey: signer.publicKey,
        sign: (data) =>
          new Promise((resolve) => {
            batch.asked.push({ data, resolve });
            if (batch.asked.length === CHUNK) send(batch);
            else if (batch.asked.length === 1) setImmediate(send, batch);
          }),
      };
    },
    end() {
      void worker.terminate();
    },
  };
}

function signHere({ signer, asked }: Batch): void {
  for (const { data, resolve } of asked) resolve((async () => signer.sign(data))());
}

/** The keys that the thread made, given to those who asked in turn. */
function keysMade(count: number) {
  const ready: Uint8Array[] = [];
  const waiting: ((seed: Seed) => void)[] = [];
  let keys: Uint8Array = new Uint8Array();
  let at = 0;
  let left = count;
  const take = (): Seed | null => {
    if (at === keys.length) {
      keys.fill(0);
      keys = ready.shift() ?? new Uint8Array();
      at = 0;
      if (keys.length === 0) return left > 0 ? null : Seed.generate('user');
    }
    const secret = keys.slice(at, at + KEY_BYTES);
    const publicKey = keys.slice(at + KEY_BYTES, at + 2 * KEY_BYTES);
    at += 2 * KEY_BYTES;
    return Seed.ofPair('user', secret, publicKey);
  };
  const serve = (): void => {
    for (let seed = waiting.length > 0 ? take() : null; seed !== null; seed = waiting.length > 0 ? take() : null) {
      waiting.shift()?.(seed);
    }
  };
  return {
    next: (): Seed | Promise<Seed> => take() ?? new Promise((resolve) => waiting.push(resolve)),
    add(more: Uint8Array): void {
      left -= more.length / (2 * KEY_BYTES);
      ready.push(more);
      serve();
    },
    end(): void {
      left = 0;
      serve();
    },
  };
}

/** Runs as text in the thread, so it may use nothing but what it is given. */
function work(
  { parentPort, workerData }: typeof threads,
  { createPrivateKey, randomBytes, sign }: typeof crypto,
): void {
  const port = parentPort as threads.MessagePort;
  port.on('message', ({ key, data, lengths }: { key: crypto.KeyObject; data: Uint8Array; lengths: number[] }) => {
    const signatures = new Uint8Array(lengths.length * 64);
    let from = 0;
    for (const [at, length] of lengths.entries()) {
      signatures.set(sign(null, data.subarray(from, from + length), key), at * 64);
      from += length;
    }
    port.postMessage({ signatures });
  });
  /** Secret and public key in turn. */
  const makeKeys = (count: number): Uint8Array => {
    const keys = new Uint8Array(count * 64);
    for (let at = 0; at < keys.length; at += 64) {
      const secret = randomBytes(32);
      // Not `generateKeyPairSync`: to export its keys while the garbage collector runs can block for ever (seen with Node 20).
      const key = { kty: 'OKP', crv: 'Ed25519', d: secret.toString('base64url'), x: '' };
      const { x } = createPrivateKey({ key, format: 'jwk' }).export({ format: 'jwk' });
      keys.set(secret, at);
      keys.set(Buffer.from(x as string, 'base64url'), at + 32);
    }
    return keys;
  };
  let left = workerData.count as number;
  // One piece after the other: signatures are asked for in between.
  const makeMore = (): void => {
    const count = Math.min(left, workerData.chunk as number);
    left -= count;
    port.postMessage({ keys: makeKeys(count) });
    if (left > 0) setImmediate(makeMore);
  };
  makeMore();
}
