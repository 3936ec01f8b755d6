import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newActivation, newGeneric, newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { armored, describeToken } from '../../../../cli/token/describe.js';
import { fieldOf, flatten } from '../../../../cli/token/field.js';
import { createUser } from '../../../../cli/user/create.js';
import { program } from '../program.js';
import { NOW, tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const account = Seed.generate('account');
const signer = seedSigner(account);
const other = Seed.generate('account').publicKey;

describe('describe', () => {
  it('reads every kind, as a token, as a file, armored and from a creds file', async () => {
    const dir = tempDir();
    const made = [
      await signClaims(newAccount(account.publicKey, 'orders'), signer, { now: NOW }),
      await signClaims(newUser(Seed.generate('user').publicKey, 'u'), signer, { now: NOW }),
      await signClaims(newActivation(other, 'a.>', 'stream'), signer, { now: NOW }),
      await signClaims(newGeneric('anything'), signer, { now: NOW }),
    ];
    for (const { kind, token, claims } of made) {
      const file = path.join(dir, `${kind}.jwt`);
      for (const text of [token, `${token}\n`, armored(kind, token), armored(kind, token).replaceAll('\n', '\r\n')]) {
        writeFileSync(file, text);
        expect(await describeToken(file, NOW)).toMatchObject({ kind, token, subject: claims.sub });
      }
      expect(await describeToken(token, NOW)).toMatchObject({ kind, issuer: account.publicKey, creds: false });
    }
    const workspace = await tempWorkspace();
    const user = await createUser(workspace, { name: 'u', account: 'SYS', ...noPermissions });
    const told = await describeToken(user.creds as string, NOW);
    expect(told).toMatchObject({
      kind: 'user',
      name: 'u',
      creds: true,
      issuer: user.issuer,
      issuerAccount: user.accountKey,
    });
    expect(JSON.stringify(told)).not.toMatch(/SU[A-Z2-7]{56}/);
    expect(readFileSync(user.creds as string, 'utf8')).toContain(told.token);
  });

  it('says what holds no token, and refuses one that was changed', async () => {
    const dir = tempDir();
    const empty = path.join(dir, 'empty');
    writeFileSync(empty, 'nothing here\n');
    await expect(describeToken(empty, NOW)).rejects.toMatchObject({ code: 'ERR_TOKEN_SOURCE' });
    await expect(describeToken(path.join(dir, 'no'), NOW)).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    const { token } = await signClaims(newAccount(account.publicKey, 'x'), signer, { now: NOW });
    const [head, , tail] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...newAccount(account.publicKey, 'y'), iss: other, iat: 1, jti: 'x' }));
    const text = `${head}.${forged.toString('base64url')}.${tail}`;
    await expect(describeToken(text, NOW)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_JWT_/) });
  });

  it('finds a field by its path, which the listing uses too', () => {
    const claims = {
      nats: { exports: [{ subject: 'a.b' }], mappings: { 'a.b': [{ weight: 3 }], 'c"d': 1 }, none: [] },
    };
    expect(fieldOf(claims, 'nats.exports[0].subject')).toBe('a.b');
    for (const [at, value] of flatten(claims)) expect(String(fieldOf(claims, at))).toBe(value);
    expect(flatten(claims).map(([at]) => at)).toContain('nats.mappings["a.b"][0].weight');
    const missing = ['nats.exports[1]', 'nats.nope', 'nats.exports[0].subject.x', 'constructor', 'nats.exports.length'];
    for (const at of missing) expect(() => fieldOf(claims, at)).toThrow(/there is no/);
    for (const at of ['a..b', '[', 'nats.[x]']) expect(() => fieldOf(claims, at)).toThrow(/cannot be read|there is no/);
  });
});

it('a field that is not text is printed so that no terminal obeys it', async () => {
  const claims = newAccount(account.publicKey, 'orders');
  claims.nats.description = 'x\u009b2J\u202ey';
  const { token } = await signClaims(claims, signer, { now: NOW });
  const { stdout } = await program(tempDir())('describe', token, '--field', 'nats');
  expect(stdout).toContain('x\\u009b2J\\u202ey');
  expect(JSON.parse(stdout).description).toBe(claims.nats.description);
});
