import type crypto from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Seed } from '../../../claims/keys/seed.js';

/** Keys made ahead by another thread, which takes half of the time that signing users needs off this one. */
export interface KeyMaker {
  next(): Promise<Seed>;
  end(): void;
}

const CHUNK = 256;
const KEY_BYTES = 32;

/** For fewer than this a thread is not worth its start. */
const ENOUGH_FOR_A_THREAD = 500;

/** @param count how many will be asked for at most; more are made here */
export function startKeyMaker(count: number): KeyMaker {
  if (count < ENOUGH_FOR_A_THREAD || availableParallelism() < 2) {
    return { next: async () => Seed.generate('user'), end() {} };
  }
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
for (let left = workerData.count; left > 0; left -= workerData.chunk) {
  parentPort.postMessage((${makeKeys.toString()})(require('node:crypto'), Math.min(left, workerData.chunk)));
}`,
    { eval: true, workerData: { count, chunk: CHUNK } },
  );
  const ready: Uint8Array[] = [];
  let ended = false;
  let wake = () => {};
  worker.on('message', (keys: Uint8Array) => {
    ready.push(keys);
    wake();
  });
  const over = () => {
    ended = true;
    wake();
  };
  // A thread that fails leaves the keys to be made here.
  worker.once('error', over);
  worker.once('exit', over);
  let keys: Uint8Array = new Uint8Array();
  let at = 0;
  return {
    async next() {
      if (at === keys.length) {
        keys.fill(0);
        while (ready.length === 0 && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const more = ready.shift();
        if (more === undefined) return Seed.generate('user');
        keys = more;
        at = 0;
      }
      const secret = keys.slice(at, at + KEY_BYTES);
      const publicKey = keys.slice(at + KEY_BYTES, at + 2 * KEY_BYTES);
      at += 2 * KEY_BYTES;
      return Seed.ofPair('user', secret, publicKey);
    },
    end() {
      void worker.terminate();
    },
  };
}

/** Secret and public key in turn. Runs as text in the thread, so it may use nothing but what it is given. */
function makeKeys({ createPrivateKey, randomBytes }: typeof crypto, count: number): Uint8Array {
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
}
