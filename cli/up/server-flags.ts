import { Flags } from '@oclif/core';

/** The flags of the commands that start a server in this process. */

export const dataDirFlag = {
  'data-dir': Flags.string({
    description: 'Folder of the service: database, sealed keys, admin token. Default: natsctl in $XDG_DATA_HOME.',
    helpValue: 'DIR',
    env: 'NATSCTL_DATA_DIR',
  }),
};

export const hostFlag = {
  host: Flags.string({
    description: 'Address to listen on.',
    default: '127.0.0.1',
    helpValue: 'ADDRESS',
    env: 'NATSCTL_HOST',
  }),
};

export const portsFileFlag = {
  'ports-file': Flags.string({
    description: 'File that receives the addresses as JSON when all is ready.',
    helpValue: 'FILE',
    env: 'NATSCTL_PORTS_FILE',
  }),
};

export const logLevelFlag = {
  'log-level': Flags.string({
    description: 'Least severe log line to write on stderr.',
    options: ['silent', 'error', 'warn', 'info', 'debug'],
    default: 'warn',
    env: 'NATSCTL_LOG_LEVEL',
  }),
};

/** -1 picks a free port, as nats-server does. */
export function portFlag(description: string, port: number, env: string) {
  return Flags.integer({
    description: `${description} -1 = any free one.`,
    default: port,
    min: -1,
    max: 65_535,
    helpValue: 'PORT',
    env,
  });
}
