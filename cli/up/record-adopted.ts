import { decodeAs } from '../../claims/jwt/decode.js';
import { fetchAccount } from '../../resolver/http.js';
import { readBaseToken, writeBase } from '../store/base.js';
import { openOperator } from '../store/store.js';

/**
 * The service was handed these accounts when it was started, not by a push: notes which of them it holds as they are here, so
 * that `account list` says so and a first push has nothing to find out.
 */
export async function recordAdopted(
  storeRoot: string,
  operator: string,
  service: string,
  accountTokens: readonly string[],
): Promise<void> {
  const store = await openOperator(storeRoot, operator);
  for (const token of accountTokens) {
    const key = decodeAs('account', token).claims.sub;
    if ((await readBaseToken(store, key)) !== null) continue;
    if ((await fetchAccount(service, key))?.token === token) await writeBase(store, key, token);
  }
}
