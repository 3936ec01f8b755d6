import { describe, expect, it } from 'vitest';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';

describe('NatsctlError', () => {
  it('carries a code, a message and what to do', () => {
    const error = new NatsctlError('ERR_X', 'x is wrong', { hint: 'mend x' });
    expect(isNatsctlError(error, 'ERR_X')).toBe(true);
    expect(isNatsctlError(error, 'ERR_Y')).toBe(false);
    expect(error).toMatchObject({ message: 'x is wrong', hint: 'mend x', details: {} });
  });
});
