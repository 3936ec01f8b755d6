/** Operators known by a name: nsc's own list, and those of the environment as `NSC_<NAME>_OPERATOR=URL`. */
export interface KnownOperator {
  name: string;
  /** Of its JWT. */
  url: string;
}

const BUILT_IN: readonly KnownOperator[] = [{ name: 'synadia', url: 'https://api.synadia.io/jwt/v1/operator' }];

type Env = Readonly<Record<string, string | undefined>>;

export function knownOperators(env: Env): KnownOperator[] {
  const found = Object.entries(env).flatMap(([variable, url]) => {
    const name = /^NSC_(.+)_OPERATOR$/i.exec(variable)?.[1];
    return name !== undefined && url ? [{ name, url }] : [];
  });
  return [...BUILT_IN, ...found];
}

export function knownOperator(name: string, env: Env): KnownOperator | undefined {
  return knownOperators(env).find((one) => one.name.toLowerCase() === name.toLowerCase());
}

/** The name an operator is known by whose JWT is at this address: it goes before the one in the JWT, as with nsc. */
export function nameOfHost(url: string, env: Env): string | undefined {
  const host = hostOf(url);
  return host === undefined ? undefined : knownOperators(env).find((one) => hostOf(one.url) === host)?.name;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : undefined;
}
