import type { Seed } from '../../claims/keys/seed.js';
import { cliError, usageError } from '../errors.js';
import { exists } from '../store/atomic.js';
import { credsFile, findSeed } from '../store/keystore.js';
import { type PathSettings, resolvePaths } from '../store/paths.js';
import { findAccount, listOperatorNames, openOperator, readOperator } from '../store/store.js';
import { findUser } from '../store/users.js';

/** One entity of a profile, with the field names of nsc's, which the `nats` CLI reads. */
export interface ProfileEntry {
  service?: string[];
  name?: string;
  seed?: string;
  id?: string;
}

export interface Profile {
  user_creds?: string;
  operator: ProfileEntry;
  account?: ProfileEntry;
  user?: ProfileEntry;
}

type Kind = 'operator' | 'account' | 'user';
const KINDS: Kind[] = ['operator', 'account', 'user'];

/** What `nsc://operator/account/user?options` asks for. */
interface Address {
  names: Record<Kind, string | undefined>;
  /** In lower case. */
  options: Map<string, string>;
}

/**
 * What other tools need to connect as a user, from an `nsc://` address. Names are found as they are written or by public key;
 * options are those of nsc, and seeds are only told where they are asked for.
 */
export async function makeProfile(text: string, settings: PathSettings): Promise<Profile> {
  const { names, options } = parseAddress(text);
  const places = {
    store: options.get('store') || settings.store,
    keystore: options.get('keystore') || settings.keystore,
  };
  const { storeRoot, keystore } = resolvePaths({ ...settings, ...places });
  const store = await openOperator(storeRoot, await operatorName(storeRoot, names.operator as string));
  const operator = (await readOperator(store)).claims;
  const profile: Profile = { operator: {} };
  if (operator.nats.operator_service_urls.length > 0) profile.operator.service = operator.nats.operator_service_urls;

  const found = new Map<Kind, { name: string; keys: string[] }>();
  found.set('operator', { name: store.name, keys: [operator.sub, ...operator.nats.signing_keys] });
  if (names.account !== undefined) {
    const account = await findAccount(store, names.account);
    const { sub, nats } = account.jwt.claims;
    found.set('account', { name: account.name, keys: [sub, ...nats.signing_keys.keys()] });
    if (names.user !== undefined) {
      const user = await findUser(store, account.name, names.user);
      found.set('user', { name: user.name, keys: [user.jwt.claims.sub] });
      const creds = credsFile(keystore, store.name, account.name, user.name);
      if (await exists(creds)) profile.user_creds = creds;
    }
  }
  const last = KINDS.findLast((kind) => found.has(kind)) as Kind;
  for (const [kind, { name, keys }] of found) {
    const asked = (what: string) =>
      options.has(`${what}s`) ||
      options.has(`${kind}${what}`) ||
      (options.has(what) && (what !== 'key' || kind === last));
    const entry: ProfileEntry = {};
    if (asked('name')) entry.name = name;
    if (asked('seed')) entry.seed = (await seedOf(keystore, kind, name, keys, options.get(`${kind}seed`))).reveal();
    if (asked('key')) entry.id = keys[0] as string;
    if (Object.keys(entry).length > 0) profile[kind] = { ...profile[kind], ...entry };
  }
  return profile;
}

function parseAddress(text: string): Address {
  const [, path = '', query = ''] = /^nsc:\/\/([^?]*)(?:\?(.*))?$/i.exec(text) ?? [];
  const parts = path.split('/').map((part) => decoded(part));
  const [operator, account, user] = parts;
  if (!operator || parts.length > 3 || parts.includes('')) {
    throw usageError(`not an address of a profile: ${text}`, 'write nsc://operator/account/user?names&keys');
  }
  const options = new Map(
    query.split('&').map((option) => {
      const [name = '', value = ''] = option.split('=');
      return [name.toLowerCase(), decoded(value)] as const;
    }),
  );
  options.delete('');
  const known = ['keys', 'names', 'seeds', 'key', 'name', 'seed', 'store', 'keystore'];
  for (const option of options.keys()) {
    if (known.includes(option) || /^(operator|account|user)(key|name|seed)$/.test(option)) continue;
    throw usageError(
      `there is no option ${option} of a profile`,
      'one of: keys, names, seeds, operatorKey, accountName, userSeed, ..., store, keystore',
    );
  }
  return { names: { operator, account, user }, options };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw usageError(`not an address of a profile: ${text}`, 'write % as %25');
  }
}

/** nsc takes the name in any letter case, or the public key. */
async function operatorName(root: string, wanted: string): Promise<string> {
  const names = await listOperatorNames(root);
  const exact =
    names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (exact !== undefined) return exact;
  for (const name of names) {
    try {
      if ((await readOperator(await openOperator(root, name))).claims.sub === wanted) return name;
    } catch {
      // A damaged operator is not the one that is meant.
    }
  }
  return wanted;
}

/** The seed of the key that is named, or of the first that is here. */
async function seedOf(keystore: string, kind: Kind, name: string, keys: string[], key = ''): Promise<Seed> {
  const wanted = key === '' ? keys : keys.filter((one) => one === key.toUpperCase());
  if (wanted.length === 0) throw usageError(`${key} is no key of the ${kind} ${name}`, `its keys: ${keys.join(', ')}`);
  for (const one of wanted) {
    const seed = await findSeed(keystore, one);
    if (seed !== null) return seed;
  }
  throw cliError('ERR_SIGNER_MISSING', `no seed of the ${kind} ${name} is in this keystore`, {
    hint: 'put it there with `natsctl keys import`, or leave seeds out of the address',
    details: { keys: wanted },
  });
}
