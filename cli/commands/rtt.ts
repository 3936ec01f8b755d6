import { Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { openClient } from '../client/connection.js';
import { connectionFault } from '../client/fault.js';
import { clientFlags } from '../client/flags.js';
import { accountFlag, operatorFlag, storeFlags } from '../flags.js';

export default class Rtt extends NatsctlCommand {
  static override description = 'Connect and measure how long the server takes to answer, in milliseconds.';
  static override examples = [
    '<%= config.bin %> rtt --user checkout --account orders',
    '<%= config.bin %> rtt --creds x.creds --count 10',
  ];
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...accountFlag,
    ...clientFlags,
    count: Flags.integer({ char: 'n', description: 'How often.', default: 3, min: 1, max: 1000, env: 'NATSCTL_COUNT' }),
  };

  async run() {
    const { flags } = await this.parse(Rtt);
    const client = await openClient({ ...flags, reconnect: false }, () => this.workspace(flags));
    const times: number[] = [];
    const server = client.connection.getServer();
    try {
      for (let i = 0; i < flags.count; i++) {
        const from = performance.now();
        await client.connection.flush();
        times.push(Math.round((performance.now() - from) * 1000) / 1000);
      }
    } catch (error) {
      throw connectionFault(error, [server]);
    } finally {
      await client.connection.close();
    }
    const mean = Math.round((times.reduce((sum, each) => sum + each, 0) / times.length) * 1000) / 1000;
    this.print(`${server}: ${mean} ms (${times.join(', ')})\n`);
    return { server, meanMs: mean, timesMs: times };
  }
}
