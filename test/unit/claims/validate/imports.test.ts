import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newActivation } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import type { ActivationData, Import } from '../../../../claims/types.js';
import { validate } from '../../../../claims/validate/validate.js';

const account = Seed.generate('account').publicKey;
const exporter = Seed.generate('account');
const signing = Seed.generate('account');
const user = Seed.generate('user').publicKey;

function of(...imports: Partial<Import>[]): string[] {
  const claims = newAccount(account, 'acc');
  claims.nats.imports = imports.map((item) => ({ subject: 'x', account: exporter.publicKey, type: 'stream', ...item }));
  return validate(claims, 100).map(({ code, level, path }) => `${level} ${code} ${path}`);
}

async function activation(
  data: Partial<ActivationData>,
  o: { by?: Seed; sub?: string; exp?: number } = {},
): Promise<string> {
  const claims = newActivation(o.sub ?? account, 'x', 'stream');
  Object.assign(claims.nats, data);
  if (o.exp) claims.exp = o.exp;
  return (await signClaims(claims, seedSigner(o.by ?? exporter), { now: 1 })).token;
}

const at = '/nats/imports/0';

describe('imports', () => {
  it('of every sound form have no issue', () => {
    expect(
      of(
        { subject: 'a.>', local_subject: 'b.>', allow_trace: true },
        { subject: 'a.*.b.*', local_subject: 'c.$2.$1', type: 'service', share: true },
        { subject: 'd.*', local_subject: 'e.*' },
      ),
    ).toEqual([]);
  });

  it.each<[Partial<Import>, string]>([
    [{ type: 'both' as never }, `error ERR_IMPORT_TYPE ${at}/type`],
    [{ type: 'service', allow_trace: true }, `error ERR_IMPORT_SERVICE_TRACE ${at}/allow_trace`],
    [{ share: true }, `error ERR_IMPORT_STREAM_SHARE ${at}/share`],
    [{ account: '' }, `error ERR_IMPORT_ACCOUNT ${at}/account`],
    [{ account: user }, `error ERR_IMPORT_ACCOUNT ${at}/account`],
    [{ subject: '' }, `error ERR_IMPORT_SUBJECT ${at}/subject`],
    [{ subject: 'a b' }, `error ERR_IMPORT_SUBJECT ${at}/subject`],
    [{ local_subject: 'a b' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ subject: 'a.>', local_subject: 'b' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ subject: 'a', local_subject: '>' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ subject: 'a.*', local_subject: 'b.$2' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ subject: 'a.*', local_subject: 'b' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ subject: 'a.*', local_subject: 'b.*.*' }, `error ERR_IMPORT_LOCAL_SUBJECT ${at}/local_subject`],
    [{ to: 'p' }, `warning ERR_IMPORT_TO_DEPRECATED ${at}/to`],
    [{ subject: 'a.*.*', local_subject: 'b.$1.$1' }, `warning ERR_IMPORT_TRANSFORM ${at}/local_subject`],
    [{ token: 'junk' }, `error ERR_IMPORT_TOKEN ${at}/token`],
  ])('%j: %s', (item, issue) => expect(of(item)).toEqual([issue]));

  it('have "to" or "local_subject", not both', () => {
    expect(of({ to: 'p', local_subject: 'q' })).toContain(`error ERR_IMPORT_LOCAL_AND_TO ${at}/local_subject`);
  });

  it('of services of one account do not overlap here', () => {
    const service = (more: Partial<Import>): Partial<Import> => ({ type: 'service', ...more });
    const overlap = 'error ERR_IMPORT_OVERLAP /nats/imports/1/subject';
    expect(of(service({ subject: 'a' }), service({ subject: 'a' }))).toEqual([overlap]);
    expect(of(service({ subject: 'a.*' }), service({ subject: 'b', local_subject: 'a.b' }))).toEqual([overlap]);
    expect(of(service({ subject: 'x.*', local_subject: 'a.$1' }), service({ subject: 'a.b' }))).toEqual([overlap]);
    expect(of(service({ subject: 'a' }), service({ subject: 'a', local_subject: 'b' }))).toEqual([]);
    expect(of(service({ subject: 'a' }), service({ subject: 'a', account: signing.publicKey }))).toEqual([]);
    expect(of({ subject: 'a' }, { subject: 'a' })).toEqual([]);
  });
});

describe('activation tokens in imports', () => {
  it('that bind all have no issue', async () => {
    expect(of({ token: await activation({}) })).toEqual([]);
    expect(of({ token: await activation({ issuer_account: exporter.publicKey }, { by: signing }) })).toEqual([]);
    expect(of({ token: await activation({ kind: 'service', subject: 'r' }), type: 'service', to: 'r' })).toEqual([
      `warning ERR_IMPORT_TO_DEPRECATED ${at}/to`,
    ]);
  });

  it('are refused for every mismatch (CVE-2021-3127)', async () => {
    const token = `${at}/token`;
    expect(of({ token: await activation({}, { by: signing }) })).toEqual([`error ERR_IMPORT_TOKEN_ACCOUNT ${token}`]);
    expect(of({ token: await activation({ issuer_account: signing.publicKey }) })).toEqual([
      `error ERR_IMPORT_TOKEN_ACCOUNT ${token}`,
    ]);
    expect(of({ token: await activation({}, { sub: signing.publicKey }) })).toEqual([
      `error ERR_IMPORT_TOKEN_IMPORTER ${token}`,
    ]);
    expect(of({ token: await activation({ kind: 'service' }) })).toEqual([`error ERR_IMPORT_TOKEN_TYPE ${token}`]);
    expect(of({ token: await activation({}), subject: '>' })).toEqual([`error ERR_IMPORT_TOKEN_SUBJECT ${token}`]);
    expect(of({ token: await activation({ subject: 'a b' }), subject: 'x' })).toContain(
      `error ERR_IMPORT_TOKEN ${token}`,
    );
    expect(of({ token: await activation({ issuer_account: user }) })).toContain(`error ERR_IMPORT_TOKEN ${token}`);
  });

  it('that are expired are pointed out, for the account works without them', async () => {
    expect(of({ token: await activation({}, { exp: 50 }) })).toEqual([`warning ERR_IMPORT_TOKEN_TIME ${at}/token`]);
    expect(of({ token: await activation({}, { exp: 101 }) })).toEqual([]);
  });
});
