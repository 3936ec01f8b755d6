import type { Export } from '../../claims/types.js';

const INFO_URL = 'https://docs.nats.io/nats-server/configuration/sys_accounts';

/** What a system account offers to every account about itself; the subjects are nats-server's, the names are nsc's. */
export function systemAccountExports(): Export[] {
  return [
    {
      name: 'account-monitoring-services',
      subject: '$SYS.REQ.ACCOUNT.*.*',
      type: 'service',
      response_type: 'Stream',
      account_token_position: 4,
      description: 'Request account specific monitoring services for: SUBSZ, CONNZ, LEAFZ, JSZ and INFO',
      info_url: INFO_URL,
      revocations: new Map(),
    },
    {
      name: 'account-monitoring-streams',
      subject: '$SYS.ACCOUNT.*.>',
      type: 'stream',
      account_token_position: 3,
      description: 'Account specific monitoring stream',
      info_url: INFO_URL,
      revocations: new Map(),
    },
  ];
}
