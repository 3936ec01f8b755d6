import { Flags } from '@oclif/core';
import { operatorFlag, storeFlags } from '../flags.js';
import { databaseFlags } from '../up/database-flags.js';
import { dataDirFlag, hostFlag, logLevelFlag, portFlag, portsFileFlag } from '../up/server-flags.js';

const TLS = 'TLS';
const ACCESS = 'ACCESS';
const LEDGER = 'LEDGER';
const OBSERVATION = 'OBSERVATION';
const STOPPING = 'STOPPING';

/** A year: beyond it is a mistake. */
const MAX_SECONDS = 31_536_000;
const MAX_RATE = 10_000_000;

/** `inline`: in the configuration file the list may stand in the place of the file that holds it. */
const listFileFlag = Flags.custom<string | unknown[], { inline: true }>({ parse: async (file) => file });

/**
 * Every setting of `natsctl service start`. This is the one table: the flags and variables are these, the configuration file has
 * a key of each name (cli/service/config-file.ts), and docs/service.md lists them (`npm run docs`).
 */
export const serviceSettings = {
  ...storeFlags,
  ...operatorFlag,
  ...dataDirFlag,
  ...databaseFlags,
  ...hostFlag,
  port: portFlag('Port to listen on.', 9090, 'NATSCTL_SERVICE_PORT'),
  ...portsFileFlag,
  'signing-key': Flags.boolean({
    description: 'Seal an operator signing key of the keystore, so that the service can sign accounts.',
    default: true,
    allowNo: true,
    env: 'NATSCTL_SIGNING_KEY',
  }),
  server: Flags.string({
    description: 'NATS server to announce changes to (a system account user of the store signs in); repeatable.',
    multiple: true,
    helpValue: 'URL',
    env: 'NATSCTL_SERVER',
  }),
  creds: Flags.file({
    description: 'Creds file of a system account user for --server. Default: that of the store.',
    exists: true,
    helpValue: 'FILE',
    env: 'NATSCTL_SYSTEM_CREDS',
  }),
  'tls-cert': Flags.file({
    description: 'Certificate (PEM, with its chain): HTTPS instead of HTTP. Read again when it changes, and on SIGHUP.',
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_TLS_CERT',
  }),
  'tls-key': Flags.file({
    description: 'Private key (PEM) of --tls-cert.',
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_TLS_KEY',
  }),
  'tls-client-ca': Flags.file({
    description: 'Authorities (PEM) of client certificates.',
    helpGroup: TLS,
    helpValue: 'FILE',
    env: 'NATSCTL_TLS_CLIENT_CA',
  }),
  'tls-client-auth': Flags.option({
    description: 'With --tls-client-ca: whether every client must show a certificate.',
    helpGroup: TLS,
    options: ['require', 'optional'] as const,
    default: 'require',
    env: 'NATSCTL_TLS_CLIENT_AUTH',
  })(),
  'push-auth': Flags.option({
    description:
      "What a push under /jwt needs beside the operator's signature: an access token, or a client certificate.",
    helpGroup: ACCESS,
    options: ['none', 'token', 'mtls'] as const,
    default: 'none',
    env: 'NATSCTL_PUSH_AUTH',
  })(),
  'resign-self-signed': Flags.option({
    description:
      "Whether account JWTs that their accounts signed are signed with the operator's key here: not at all, once an admin approves, or at once.",
    helpGroup: ACCESS,
    options: ['never', 'approved', 'always'] as const,
    default: 'never',
    env: 'NATSCTL_RESIGN_SELF_SIGNED',
  })(),
  custody: Flags.option({
    description:
      'Which keys may be kept of an operator that this service comes to serve, where its adoption does not say. Served ones stay as they are.',
    helpGroup: ACCESS,
    options: ['none', 'operator-signing-key', 'accounts'] as const,
    default: 'accounts',
    env: 'NATSCTL_CUSTODY',
  })(),
  'allow-key-export': Flags.boolean({
    description:
      'Let admins of an operator have seeds of its keys in custody, sealed to a key of theirs. Each time is audited.',
    helpGroup: ACCESS,
    env: 'NATSCTL_ALLOW_KEY_EXPORT',
  }),
  'max-user-ttl': Flags.integer({
    description:
      'Seconds that a user JWT issued over REST lives at most. Default: what the credential policies of accounts say.',
    helpGroup: ACCESS,
    min: 1,
    max: MAX_SECONDS,
    helpValue: 'SECONDS',
    env: 'NATSCTL_MAX_USER_TTL',
  }),
  oidc: listFileFlag({
    description:
      'YAML or JSON file of the identity providers (OpenID Connect) whose tokens are believed. In a configuration file, also the list itself.',
    helpGroup: ACCESS,
    helpValue: 'FILE',
    env: 'NATSCTL_OIDC',
    inline: true,
  }),
  'trust-proxy': Flags.string({
    description: 'Address range of proxies whose X-Forwarded-For is believed; repeatable. None by default.',
    helpGroup: ACCESS,
    multiple: true,
    helpValue: 'CIDR',
    env: 'NATSCTL_TRUST_PROXY',
  }),
  'outbound-allow': Flags.string({
    description:
      'Address range that is not public and that webhooks may lead to all the same, also in plain HTTP; repeatable. None by default.',
    helpGroup: ACCESS,
    multiple: true,
    helpValue: 'CIDR',
    env: 'NATSCTL_OUTBOUND_ALLOW',
  }),
  'outbound-ca': Flags.file({
    description: 'Authorities (PEM) that webhooks may have their certificates of, beside the well-known ones.',
    helpGroup: ACCESS,
    helpValue: 'FILE',
    env: 'NATSCTL_OUTBOUND_CA',
  }),
  'rate-limit': rateFlag(
    'Requests a second of one access token, or of one address without; ten seconds of it at once.',
    1_000,
    'NATSCTL_RATE_LIMIT',
  ),
  'rate-limit-resolver': rateFlag('Reads a second under /jwt of one address.', 0, 'NATSCTL_RATE_LIMIT_RESOLVER'),
  'rate-limit-failures': rateFlag('Failed authentications a minute of one address.', 60, 'NATSCTL_RATE_LIMIT_FAILURES'),
  'expiry-warnings': Flags.string({
    description:
      'How long before the end of a JWT it is told, once for each: times of h or d with commas between, or none.',
    helpGroup: LEDGER,
    default: '30d,7d,1d',
    helpValue: 'TIMES',
    env: 'NATSCTL_EXPIRY_WARNINGS',
  }),
  'ledger-retention': Flags.integer({
    description: 'Days that the ledger keeps a JWT after its end. 0 = for good.',
    helpGroup: LEDGER,
    default: 0,
    min: 0,
    max: 36_500,
    helpValue: 'DAYS',
    env: 'NATSCTL_LEDGER_RETENTION',
  }),
  'prune-revocations': Flags.boolean({
    description: 'Once a day take out revocations of which the ledger proves that every JWT they cover has ended.',
    helpGroup: LEDGER,
    default: false,
    allowNo: true,
    env: 'NATSCTL_PRUNE_REVOCATIONS',
  }),
  'renew-activations': Flags.string({
    description:
      'Renew activations so long before they end (such as 24h), where their exporter approved that. By default none is renewed.',
    helpValue: 'DURATION',
    env: 'NATSCTL_RENEW_ACTIVATIONS',
  }),
  ...logLevelFlag,
  'log-file': Flags.string({
    description: 'File to append JSON log lines to, instead of stderr. SIGHUP opens it anew.',
    helpGroup: OBSERVATION,
    helpValue: 'FILE',
    env: 'NATSCTL_LOG_FILE',
  }),
  'metrics-auth': Flags.option({
    description:
      'Who may read /metrics: with an access token only, from this machine without, or anybody. Default: loopback; none with --metrics-port.',
    helpGroup: OBSERVATION,
    options: ['token', 'loopback', 'none'] as const,
    env: 'NATSCTL_METRICS_AUTH',
  })(),
  'metrics-port': Flags.integer({
    description: 'Port of its own for /metrics, in plain HTTP. -1 = any free one.',
    helpGroup: OBSERVATION,
    min: -1,
    max: 65_535,
    helpValue: 'PORT',
    env: 'NATSCTL_METRICS_PORT',
  }),
  'stop-delay': secondsFlag('Seconds to go on serving after SIGTERM while /readyz says no.', 0, 'NATSCTL_STOP_DELAY'),
  'stop-timeout': secondsFlag('Seconds that requests under way may then take.', 5, 'NATSCTL_STOP_TIMEOUT'),
  'stop-announce': secondsFlag('Seconds that announcements may take after that.', 5, 'NATSCTL_STOP_ANNOUNCE'),
};

function rateFlag(description: string, preset: number, env: string) {
  return Flags.integer({
    description: `${description} 0 = no limit.`,
    helpGroup: ACCESS,
    default: preset,
    min: 0,
    max: MAX_RATE,
    helpValue: 'N',
    env,
  });
}

function secondsFlag(description: string, preset: number, env: string) {
  return Flags.integer({
    description,
    helpGroup: STOPPING,
    default: preset,
    min: 0,
    max: MAX_SECONDS,
    helpValue: 'SECONDS',
    env,
  });
}
