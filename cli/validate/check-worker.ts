import { parentPort, workerData } from 'node:worker_threads';
import { decodeAs } from '../../claims/jwt/decode.js';
import { type CheckContext, checkAccount } from './account-check.js';

/** A thread of check-pool.ts: checks one account after the other, as they are handed to it. */
const context = workerData as CheckContext;

parentPort?.on('message', async ({ at, name, token }: { at: number; name: string; token: string }) => {
  const jwt = decodeAs('account', token, { allowV1: true });
  parentPort?.postMessage({ at, check: await checkAccount(context, { name, jwt }) });
});
