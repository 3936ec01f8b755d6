import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { type ServiceFlags, serviceOptions } from '../../../cli/service/options.js';
import { serviceSettings } from '../../../cli/service/settings.js';

const ledgerOf = async (...argv: string[]) => {
  const { flags } = await Parser.parse(argv, { flags: serviceSettings });
  return serviceOptions(flags as ServiceFlags).ledger;
};

describe('settings of the ledger', () => {
  it('are warnings before the end, how long entries stay, and whether revocations go', async () => {
    const day = 86_400;
    expect(await ledgerOf()).toEqual({
      expiryWarnings: [30 * day, 7 * day, day],
      retention: 0,
      pruneRevocations: false,
    });
    expect(await ledgerOf('--expiry-warnings', '12h, 2d', '--ledger-retention', '90', '--prune-revocations')).toEqual({
      expiryWarnings: [day / 2, 2 * day],
      retention: 90,
      pruneRevocations: true,
    });
    expect(await ledgerOf('--expiry-warnings', 'none')).toMatchObject({ expiryWarnings: [] });
  });

  it.each(['', '7', '0d', '1w', '1d,', '1d;2d', '100000d', Array(11).fill('1d').join()])(
    'warnings of %j are refused',
    async (text) => {
      await expect(ledgerOf('--expiry-warnings', text)).rejects.toMatchObject({ code: 'ERR_USAGE' });
    },
  );
});
