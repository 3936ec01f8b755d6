import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { account } from '../../claims/jwt/account-schema.js';
import { activation, operator } from '../../claims/jwt/operator-schema.js';
import { readAt } from '../../claims/jwt/schema.js';
import { user } from '../../claims/jwt/user-schema.js';
import { peer } from '../peers.js';

/**
 * The same command lines, in nsc's words, given to nsc in one store and to natsctl in another; then every claim of every kind is
 * compared, field by field. The fields are asked of the schemas of claims/jwt: one that no line sets, and that is not listed
 * as having no flag, fails.
 */
const nscProgram = peer('nsc');

/** In the store they are used in: `{shop}` is the key of that account, `{shop#}` a signing key of it, `{shop/ann}` the key of that user. */
const LINES = [
  // operator
  'add operator -n acme --sys --generate-signing-key --start 2020-01-01 --expiry 2099-01-31',
  'edit operator --service-url tls://A.example:4222,nats://b:4222 --account-jwt-server-url https://c/jwt/v1 --tag B,a',
  // accounts
  'add account -n billing --start 2020-01-01 --expiry 2099-01-31',
  'add account -n shop --allow-pub a,b --allow-sub x --allow-pubsub y --deny-pub c --deny-sub z --deny-pubsub q --allow-pub-response=5 --response-ttl 30s',
  'add account -n tiers',
  'edit account -n shop --js-disk-storage 10G --js-mem-storage 64kib --js-streams 5 --js-consumer 7 --js-max-bytes-required',
  'edit account -n shop --js-max-mem-stream 1m --js-max-disk-stream 2mib --js-max-ack-pending 9',
  'edit account -n shop --conns 10 --leaf-conns 2 --data 1k --payload 64kib --subscriptions 77 --imports 30 --exports 40',
  'edit account -n shop --description texts --info-url https://acme.example/orders --tag B --tag c:d',
  'edit account -n shop --trace-context-subject traces.all --trace-context-sampling 20',
  'edit account -n shop --host-cluster-traffic',
  'edit account -n tiers --js-tier 3 --js-disk-storage 1G --js-mem-storage 1M --js-streams 2 --js-consumer 8 --js-max-bytes-required',
  'edit account -n tiers --js-tier 3 --js-max-mem-stream 1m --js-max-disk-stream 2mib --js-max-ack-pending 9',
  'edit account -n shop --sk generate',
  // Last: nsc takes back with every edit what it does not repeat.
  'edit account -n shop --disallow-bearer --wildcard-exports=false --js-max-bytes-required',
  // roles
  'edit signing-key -a shop --sk generate --role sales --description both --allow-pub s.{{name()}}.> --deny-pub n --allow-sub x --deny-sub y',
  'edit signing-key -a shop --sk sales --allow-pub-response=3 --response-ttl 5s --subs 5 --data 1k --payload 2kib',
  'edit signing-key -a shop --sk sales --time 08:00:00-17:00:00 --locale Europe/Paris --source-network 10.0.0.0/8 --conn-type MQTT',
  'edit signing-key -a billing --sk generate --role open --bearer',
  // users
  'add user -n ann -a billing --tag x,Y --start 2020-01-01 --expiry 2099-01-31 --allow-pub a --allow-sub b',
  'edit user -n ann -a billing --deny-pub c --deny-sub d --allow-pub-response=2 --response-ttl 1m30s --bearer',
  'edit user -n ann -a billing --time 08:00:00-17:00:00 --locale Europe/Paris --source-network 192.168.0.0/16,10.0.0.0/8',
  'edit user -n ann -a billing --conn-type mqtt,STANDARD --subs 5 --data 1k --payload 2kib',
  'add user -n clerk -a shop -K sales',
  // auth callout
  'edit authcallout -a billing --auth-user {billing/ann} --allowed-account {shop} --curve generate',
  // sharing
  'add export -a billing -s prices.> -n prices',
  'add export -a billing -s q.* -r -p --latency lat --sampling 10 --response-type Stream --response-threshold 90s --allow-trace',
  'add export -a billing -s h -r --latency lat --sampling header',
  'add export -a billing -s t.*.x --account-token-position 2 --advertise',
  'edit export -a billing -s prices.> --name prices --description d --info-url https://acme.example/prices',
  'generate activation -a billing -s q.* -t shop --start 2020-01-01 --expiry 2099-01-31 -o q.activation',
  'add import -a shop -u q.activation -n q --share -s local.q.*',
  'add import -a shop --src-account {billing} --remote-subject prices.> -n prices -s news.> --allow-trace',
  'add mapping -a billing -f old.* -t new.{{wildcard(1)}} --weight 60 --cluster east',
  'revocations add-user -a billing -u {shop/clerk} --at 1700000000',
  'add export -a shop -s loan -p',
  'generate activation -a shop -s loan -t tiers -K {shop#} -o signed.activation',
  'revocations add_activation -a billing -s q.* --service -t {shop} --at 1700000000',
];

/** What nsc 2.14 has no flag for, and how natsctl writes it. */
const WITHOUT_FLAG: Readonly<Record<string, string>> = {
  'operator assert_server_version': 'operator edit --assert-server-version 2.10.0',
  'user proxy_required': 'user edit ann -a billing --proxy-required',
  'account signing_keys[].template.proxy_required': 'account signing-key edit sales -a shop --proxy-required',
};

/** What nobody writes any more, or only what made the token sets. */
const NOT_SET: Readonly<Record<string, string>> = {
  'account imports[].to': 'older than local_subject, which is written instead',
  'activation tags': 'neither tool tags an activation',
};

/** Held against nsc in a store of its own. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'operator strict_signing_key_usage': 'no identity key may have signed anything',
};

interface Store {
  run(line: string): void;
  payload(...entity: string[]): Payload;
  activation(file: string): Payload;
  remove(): void;
}
interface Payload {
  [claim: string]: unknown;
  nats: Record<string, unknown>;
}

function makeStore(program: string): Store {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-fields-'));
  const env = { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: `${home}/data`, XDG_CONFIG_HOME: `${home}/config` };
  const file = (...entity: string[]) => path.join(home, 'data/nats/nsc/stores/acme', ...entity);
  const decode = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
  const jwtOf = (operatorOrAccount: string, name?: string) => {
    if (operatorOrAccount === 'acme') return file('acme.jwt');
    const folder = ['accounts', operatorOrAccount];
    return name === undefined ? file(...folder, `${operatorOrAccount}.jwt`) : file(...folder, 'users', `${name}.jwt`);
  };
  const payload = (entity: string, name?: string): Payload => decode(readFileSync(jwtOf(entity, name), 'utf8'));
  return {
    run(line) {
      const args = line
        .replace(/\{(\w+)#\}/g, (_, entity) => plainSigningKey(payload(entity)))
        .replace(/\{(\w+)(?:\/(\w+))?\}/g, (_, entity, name) => payload(entity, name).sub as string)
        .split(' ');
      execFileSync(program, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
    },
    payload: payload as Store['payload'],
    activation: (name) => decode(readFileSync(path.join(home, name), 'utf8').split('\n')[1] as string),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function plainSigningKey({ nats }: Payload): string {
  return (nats.signing_keys as unknown[]).find((key) => typeof key === 'string') as string;
}

/** Notes every field that a schema looks for, in the places where the claims have something. */
function fieldsAskedFor(schema: Parameters<typeof readAt>[0], nats: unknown): Set<string> {
  const asked = new Set<string>();
  const watch = (value: unknown, at: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    return new Proxy(value, {
      get(target, name) {
        const found = Reflect.get(target, name) as unknown;
        if (typeof name !== 'string' || (Array.isArray(target) && !/^\d+$/.test(name))) return found;
        const dictionary = /(^|[.\]])(revocations|mappings|tiered_limits)$/.test(at);
        const place = Array.isArray(target) ? `${at}[]` : `${at}${at === '' ? '' : '.'}${dictionary ? '*' : name}`;
        if (!Array.isArray(target)) asked.add(place);
        return watch(found, place);
      },
    });
  };
  readAt(schema, watch(nats, ''), 'nats', { path: [], unknown: [] } as never);
  return asked;
}

/** The value of a field in every place where it is, with keys and tokens replaced by what they are of. */
function valuesAt(nats: unknown, field: string): unknown[] {
  let values: unknown[] = [nats];
  for (const step of field.replaceAll('[]', '.[]').split('.')) {
    values = values.flatMap((value): unknown[] => {
      if (typeof value !== 'object' || value === null) return [];
      if (step === '[]') return Array.isArray(value) ? value : [];
      if (step === '*') return Object.values(value);
      return step in value ? [(value as Record<string, unknown>)[step]] : [];
    });
  }
  const shown = JSON.parse(anonymous(values)) as unknown[];
  // In the order of the keys, which are random.
  return field === 'signing_keys' ? shown.map((keys) => (keys as unknown[]).map(anonymous).sort()) : shown;
}

function anonymous(value: unknown): string {
  return JSON.stringify(value)
    .replace(/"([OAUX])[A-Z2-7]{55}"/g, '"$1..."')
    .replace(/"eyJ[\w.-]+"/g, '"token"');
}

describe.skipIf(!nscProgram)('the same lines for nsc and natsctl', () => {
  let theirs: Store;
  let ours: Store;
  const kinds = [
    ['operator', operator, (store: Store) => [store.payload('acme')]],
    ['account', account, (store: Store) => ['billing', 'shop', 'tiers'].map((name) => store.payload(name))],
    ['user', user, (store: Store) => [store.payload('billing', 'ann'), store.payload('shop', 'clerk')]],
    [
      'activation',
      activation,
      (store: Store) => [store.activation('q.activation'), store.activation('signed.activation')],
    ],
  ] as const;
  const natsOf = (payloads: Payload[]) => payloads.map(({ nats }) => nats);
  const fields = () =>
    kinds.flatMap(([kind, schema, of]) => {
      const asked = natsOf(of(ours)).flatMap((nats) => [...fieldsAskedFor(schema as never, nats)]);
      return [...new Set(asked)].map((field) => ({ kind, field, name: `${kind} ${field}`, of }));
    });

  beforeAll(() => {
    theirs = makeStore(nscProgram as string);
    ours = makeStore(inject('natsctl'));
    for (const line of LINES) {
      try {
        theirs.run(line);
        ours.run(line);
      } catch (error) {
        throw new Error(`${line}: ${(error as { stderr?: Buffer }).stderr ?? error}`);
      }
    }
  }, 180_000);
  afterAll(() => {
    theirs?.remove();
    ours?.remove();
  });

  it('leave the same in every field', () => {
    for (const { name, field, of } of fields()) {
      const read = (store: Store) => natsOf(of(store)).map((nats) => valuesAt(nats, field));
      expect(read(ours), name).toEqual(read(theirs));
    }
  });

  it('leave the same names and times', () => {
    for (const [kind, , of] of kinds) {
      const outer = (store: Store) =>
        of(store).map(({ name, exp, nbf, sub, iss }) => [name, exp, nbf, String(sub)[0], String(iss)[0]]);
      const named = ([name, ...rest]: unknown[]) => (kind === 'activation' ? rest : [name, ...rest]);
      expect(outer(ours).map(named), kind).toEqual(outer(theirs).map(named));
    }
  });

  it('reach every field of the schemas, but those that are listed', () => {
    const unset = fields()
      .filter(({ field, of }) => natsOf(of(theirs)).every((nats) => valuesAt(nats, field).length === 0))
      .map(({ name }) => name);
    expect(unset.sort()).toEqual(Object.keys({ ...WITHOUT_FLAG, ...NOT_SET, ...ELSEWHERE }).sort());
    // A few of every kind, lest the schemas be asked nothing.
    expect(fields().length).toBeGreaterThan(100);
  });

  it.each(Object.entries(WITHOUT_FLAG))('%s: natsctl writes it', (name, line) => {
    ours.run(line);
    const [kind, field] = name.split(' ') as [string, string];
    const of = kinds.find(([one]) => one === kind)?.[2] as (store: Store) => Payload[];
    expect(natsOf(of(ours)).flatMap((nats) => valuesAt(nats, field))).not.toEqual([]);
  });

  it('leave a strict operator strict', () => {
    const stores = [makeStore(nscProgram as string), makeStore(inject('natsctl'))];
    try {
      const strict = stores.map((store) => {
        for (const line of [
          'add operator -n acme --sys --generate-signing-key',
          'edit operator --require-signing-keys',
        ]) {
          store.run(line);
        }
        return store.payload('acme').nats.strict_signing_key_usage;
      });
      expect(strict).toEqual([true, true]);
    } finally {
      for (const store of stores) store.remove();
    }
  });
});
