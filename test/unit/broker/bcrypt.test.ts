import { describe, expect, it } from 'vitest';
import { bcryptCost, isBcrypt, verifyBcrypt } from '../../../broker/auth/bcrypt.js';

describe('bcrypt', () => {
  it.each([
    // OpenBSD's own vectors.
    ['', '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.'],
    ['a', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
    ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
    ['abcdefghijklmnopqrstuvwxyz', '$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC'],
    ['~!@#$%^&*()      ~!@#$%^&*()PNBFRD', '$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO'],
    // Of libxcrypt: other prefixes, characters of several bytes, passwords of more than 72 bytes.
    ['é€', '$2b$04$abcdefghijklmnopqrstuuRAJ423vkZX8w8k.7eUpxHYlfv8t9MUC'],
    ['x'.repeat(72), '$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i'],
    ['x'.repeat(100), '$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i'],
    ['correct horse', '$2y$05$ABCDEFGHIJKLMNOPQRSTUuoRzMfTz14Et2G0HCoDlm3q91eDCVDS2'],
  ])('knows the password %j', async (password, hash) => {
    expect(isBcrypt(hash)).toBe(true);
    expect(await verifyBcrypt(password, hash)).toBe(true);
    expect(await verifyBcrypt(`.${password}`, hash)).toBe(false);
    expect(await verifyBcrypt(hash, hash)).toBe(false);
    const last = hash.at(-1) === 'a' ? 'b' : 'a';
    expect(await verifyBcrypt(password, `${hash.slice(0, 40)}${last}${hash.slice(41)}`)).toBe(false);
  });

  it.each([
    '',
    'plain',
    '$2a$',
    '$2a$06$short',
    '$2a$03$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.',
    '$2a$32$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.',
    '$2c$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.',
    '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.x',
    '$2a$06$DCq7YPn5Rq63x1Lad4cll*TV4S6ytwfsfvkgY8jIucDrjc8deX1s.',
  ])('is not %j, and no password fits', async (hash) => {
    expect(bcryptCost(hash)).toBeNull();
    expect(await verifyBcrypt('', hash)).toBe(false);
  });

  it('lets others have their turn', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    count();
    await verifyBcrypt('x', '$2a$09$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.');
    done = true;
    expect(turns).toBeGreaterThan(3);
  });
});
