/** The issuers whose tokens are believed, as whoever runs the service names them: looked at whole before anything is opened. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { NatsctlError } from '../../../claims/errors.js';
import { isPublicKey } from '../../../claims/keys/nkey.js';
import type { ServiceErrorCode } from '../../errors.js';
import { type Grant, ROLES } from '../rights.js';
import { type Condition, claimPath, type Rule } from './rules.js';

/** Whoever verifies with these can sign nothing: no `none`, no HMAC, whose key would be the verifier's too (RFC 8725, 3.2). */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const MAX_ISSUERS = 32;
const MAX_RULES = 1_000;
const closed = { additionalProperties: false } as const;

const Text = Type.String({ minLength: 1, maxLength: 1_000 });
const OneOrMore = <T extends ReturnType<typeof Type.String>>(item: T) =>
  Type.Union([item, Type.Array(item, { minItems: 1, maxItems: 100 })]);
const ClaimValue = Type.Union([Text, Type.Number(), Type.Boolean()]);
const Conditions = Type.Record(
  Type.String(),
  Type.Union([ClaimValue, Type.Array(ClaimValue, { minItems: 1, maxItems: 1_000 })]),
);
const IssuerSettings = Type.Object(
  {
    issuer: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
    audience: OneOrMore(Text),
    algorithms: Type.Optional(Type.Array(Type.Enum(ALGORITHMS), { minItems: 1 })),
    jwksUri: Type.Optional(Text),
    caFile: Type.Optional(Text),
    required: Type.Optional(Conditions),
    rules: Type.Array(
      Type.Object(
        {
          when: Conditions,
          role: Type.Enum([...ROLES]),
          operator: Type.Optional(Text),
          account: Type.Optional(Text),
        },
        closed,
      ),
      { minItems: 1, maxItems: MAX_RULES },
    ),
  },
  closed,
);
const OidcSettings = Type.Array(IssuerSettings, { maxItems: MAX_ISSUERS });
type IssuerSettings = Static<typeof IssuerSettings>;

export interface OidcIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** Where its keys are; absent = its discovery document says so. */
  readonly jwksUri?: URL;
  /** PEM of the authorities of its certificate; absent = those Node trusts. */
  readonly ca?: string;
  readonly rules: readonly Rule[];
}

interface Fault {
  /** JSON pointer. */
  path: string;
  message: string;
}

/** @throws NatsctlError ERR_SETTING_INVALID with every fault in `details.issues` */
export function checkOidc(given: unknown): OidcIssuer[] {
  if (!Value.Check(OidcSettings, given)) throw invalid(faultsOfForm(given));
  const faults: Fault[] = [];
  const issuers = given.map((one, at) => {
    const fault = (path: string, message: string) => void faults.push({ path: `/${at}${path}`, message });
    if (given.findIndex(({ issuer }) => issuer === one.issuer) < at) fault('/issuer', 'is there twice');
    return checked(one, fault);
  });
  if (faults.length > 0) throw invalid(faults);
  return issuers;
}

type Note = (path: string, message: string) => void;

function checked(one: IssuerSettings, fault: Note): OidcIssuer {
  const { issuer, audience, algorithms = ALGORITHMS, required = {} } = one;
  // OpenID Connect Discovery 1.0, section 3: no query, no fragment. So `#` ends it in an actor (`oidc:<issuer>#<subject>`).
  if (secureUrl(issuer) === null || /[?#]/.test(issuer)) {
    fault('/issuer', 'is not an https:// URL without query and fragment (http:// on loopback only)');
  }
  const jwksUri = one.jwksUri === undefined ? undefined : secureUrl(one.jwksUri);
  if (jwksUri === null) fault('/jwksUri', 'is not an https:// URL (http:// on loopback only)');
  const ca = one.caFile === undefined ? undefined : authorities(one.caFile);
  if (ca === null) fault('/caFile', 'is not a file of certificates (PEM) that can be read');
  const always = conditionsOf(required, '/required', fault);
  const rules = one.rules.map(({ when, ...grant }, at): Rule => {
    const own = conditionsOf(when, `/rules/${at}/when`, fault);
    // Anybody gets a token of a public issuer, for any audience that he asks for.
    if (own.length === 0) fault(`/rules/${at}/when`, 'says nothing: every token of the issuer would have the role');
    checkScope(grant, (path, message) => fault(`/rules/${at}${path}`, message));
    return { conditions: [...always, ...own], grant };
  });
  return { issuer, audience: [audience].flat(), algorithms, rules, ...(jwksUri && { jwksUri }), ...(ca && { ca }) };
}

function conditionsOf(given: Static<typeof Conditions>, at: string, fault: Note): Condition[] {
  return Object.entries(given).map(([claim, values]) => {
    const path = claimPath(claim);
    const name = claim.replaceAll('~', '~0').replaceAll('/', '~1');
    if (!path) fault(`${at}/${name}`, 'is neither a JSON pointer nor a path of names with dots between');
    return { path: path ?? [], values: [values].flat() };
  });
}

function checkScope({ operator, account }: Grant, fault: Note): void {
  if (operator && !isPublicKey(operator, 'operator')) fault('/operator', 'is not the public key of an operator');
  if (account && !isPublicKey(account, 'account')) fault('/account', 'is not the public key of an account');
  if (operator && account) fault('/account', 'is said beside an operator: an account has one only, leave it out');
}

/** Keys that come over a wire others can write to would be theirs: https, and http only within this machine. */
export function secureUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return null;
  if (url.protocol === 'https:') return url;
  return url.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname) ? url : null;
}

function authorities(file: string): string | null {
  try {
    const pem = readFileSync(file, 'utf8');
    // OpenSSL takes a file without any certificate in silence.
    return new X509Certificate(pem) && pem;
  } catch {
    return null;
  }
}

/** A value that may be of several forms is told once, not for each of them. */
function faultsOfForm(given: unknown): Fault[] {
  const errors = [...Value.Errors(OidcSettings, given)].filter(({ keyword }) => keyword !== 'additionalProperties');
  const forms = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath);
  const told = new Map<string, string>();
  for (const { keyword, instancePath: path, message } of errors) {
    const form = forms.find((one) => path === one || path.startsWith(`${one}/`));
    if (form !== undefined) told.set(form, 'is not a value, nor a list of values, that may be here');
    else told.set(path, keyword === 'boolean' ? 'is not known here' : message);
  }
  return [...told].map(([path, message]) => ({ path, message }));
}

function invalid(faults: Fault[]): NatsctlError<ServiceErrorCode> {
  const [first, ...others] = faults.map(({ path, message }) => `${path || 'the list'} ${message}`);
  return new NatsctlError('ERR_SETTING_INVALID', `the issuers of \`oidc\` are not as they must be: ${first}`, {
    hint: others.length > 0 ? `also ${others.slice(0, 10).join('; ')}` : 'docs/service.md says what each may have',
    details: { issues: faults },
  });
}
