import { inspect } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatCreds, MAX_CREDS_BYTES, parseCreds } from '../../../claims/creds.js';
import { isNatsctlError } from '../../../claims/errors.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newAccount, newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';

const account = Seed.generate('account');
const user = Seed.generate('user');
let token: string;
let text: string;

beforeAll(async () => {
  token = (await signClaims(newUser(user.publicKey, 'ann'), seedSigner(account), { now: 1 })).token;
  text = formatCreds(token, user);
});

function refusal(creds: string): string {
  try {
    parseCreds(creds);
  } catch (error) {
    expect(isNatsctlError(error, 'ERR_CREDS_INVALID')).toBe(true);
    expect(inspect(error)).not.toContain(user.reveal().slice(2, 40));
    return (error as Error).message;
  }
  return 'accepted';
}

/** With another character at that place. */
function changed(whole: string, at: number): string {
  const place = at < 0 ? whole.length + at : at;
  return whole.slice(0, place) + (whole[place] === 'A' ? 'B' : 'A') + whole.slice(place + 1);
}

describe('credentials', () => {
  it('are written as nsc writes them, and read back', () => {
    expect(text).toMatch(
      /^-----BEGIN NATS USER JWT-----\n[\w.-]+\n------END NATS USER JWT------\n\n\*{25} IMPORTANT \*{25}\n/,
    );
    expect(text).toMatch(
      /\n-----BEGIN USER NKEY SEED-----\nSU[A-Z2-7]{56}\n------END USER NKEY SEED------\n\n\*{61}\n$/,
    );
    const creds = parseCreds(text);
    expect(creds.token).toBe(token);
    expect(creds.seed.publicKey).toBe(user.publicKey);
    expect(inspect(creds)).not.toContain(user.reveal());
  });

  it('are read with CRLF, other dashes, words around, and no line end at the end', () => {
    const seed = user.reveal();
    for (const form of [
      text.replaceAll('\n', '\r\n'),
      `junk before\n\n${text}junk after\n---x---\n`,
      `---\u00e9---\n${token}\n------\n---s---\n${seed}\n---s---`,
      `  note ---JWT---\r\n${token}\r\n---END---\n\n\n   ---\t---\n${seed}\n------`,
      text.trimEnd(),
    ]) {
      expect(parseCreds(form)).toMatchObject({ token });
    }
  });

  it('say which block is missing when cut off', () => {
    const seedBlock = text.slice(text.indexOf('-----BEGIN USER'));
    expect(refusal('')).toMatch(/JWT and the block of the seed are missing/);
    expect(refusal(text.slice(0, 100))).toMatch(/JWT and the block of the seed are missing/);
    expect(refusal(text.slice(0, text.indexOf('-----BEGIN USER') + 60))).toMatch(/block of the seed is missing/);
    expect(refusal(text.slice(0, text.indexOf('------END USER')))).toMatch(/block of the seed is missing/);
    expect(refusal(seedBlock)).toMatch(/block of the JWT is missing/);
    expect(refusal(token)).toMatch(/missing/);
  });

  it('refuse a seed of another user, in both directions (jwt fix a3aa101)', () => {
    const other = Seed.generate('user');
    expect(() => formatCreds(token, other)).toThrowError(expect.objectContaining({ code: 'ERR_CREDS_INVALID' }));
    expect(refusal(text.replace(user.reveal(), other.reveal()))).toMatch(/but the seed is that of U/);
    expect(() => formatCreds(token, account)).toThrowError(expect.objectContaining({ code: 'ERR_CREDS_INVALID' }));
  });

  it('refuse a token that is changed, or of another kind', async () => {
    expect(refusal(text.replace(token, changed(token, -10)))).toMatch(/JWT is not usable/);
    const { token: other } = await signClaims(newAccount(account.publicKey, 'a'), seedSigner(account), { now: 1 });
    expect(refusal(text.replace(token, other))).toMatch(/JWT is not usable/);
    expect(refusal(text.replace(user.reveal(), changed(user.reveal(), 30)))).toMatch(/block of the seed/);
  });

  it('refuse too much text before looking into it, and long dash lines fast', () => {
    expect(refusal('-'.repeat(MAX_CREDS_BYTES + 1))).toMatch(/more than/);
    expect(refusal(`${'-'.repeat(MAX_CREDS_BYTES - 10)}x`)).toMatch(/missing/);
  });

  it('throw nothing else for any cut or change', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.string({ maxLength: 5 }), (from, length, put) => {
        refusal(text.slice(0, from) + put + text.slice(from + length));
      }),
    );
  });
});
