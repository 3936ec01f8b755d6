import { Args, Flags } from '@oclif/core';
import type { Diagnosis } from '../../claims/explain/diagnosis.js';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { tlsFlags } from '../client/tls.js';
import { diagnose } from '../doctor/doctor.js';
import { showSteps } from '../explain/show.js';
import { operatorFlag, storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { required } from '../prompt.js';
import { resolvePaths } from '../store/paths.js';

export default class Doctor extends NatsctlCommand {
  static override description =
    'Find out why a server refuses a creds file: it says "Authorization Violation" whatever the reason.\nMakes every check of a server in its order, with the account as the local store has it, and as a service and a server have it.';
  static override examples = [
    '<%= config.bin %> doctor checkout.creds',
    '<%= config.bin %> doctor checkout.creds --service http://127.0.0.1:9090 --server nats://127.0.0.1:4222',
    '<%= config.bin %> doctor checkout.creds --ip 10.1.2.3 --json',
  ];
  static override args = { creds: Args.string({ description: 'The creds file.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    service: Flags.string({
      description: 'Service to ask for account and operator, as servers do. Default: none is asked.',
      helpValue: 'URL',
      env: 'NATSCTL_SERVICE',
    }),
    server: Flags.string({
      char: 's',
      description: 'Server to connect to. Default: none is.',
      helpValue: 'URL',
      env: 'NATSCTL_SERVER',
    }),
    ip: Flags.string({ description: 'Address the user connects from.', helpValue: 'ADDRESS', env: 'NATSCTL_IP' }),
    ...tlsFlags,
  };

  async run(): Promise<Diagnosis> {
    const { args, flags } = await this.parse(Doctor);
    const creds = await required(args.creds, 'CREDS', 'Creds file');
    const diagnosis = await diagnose({
      creds,
      storeRoot: resolvePaths(this.settings(flags)).storeRoot,
      operator: flags.operator,
      service: flags.service,
      server: flags.server,
      tls: flags,
      ip: flags.ip,
      now: currentTime(),
    });
    for (const { source, where, steps } of diagnosis.examinations) {
      this.print(`${source}: ${safeText(where)}\n${showSteps(steps, (key) => key)}\n`);
    }
    const steps = diagnosis.examinations.flatMap((each) => each.steps);
    const failed = steps.filter(({ outcome }) => outcome === 'fail').length;
    const unknown = steps.filter(({ outcome }) => outcome === 'unknown').length;
    this.print(`${failed} failed, ${unknown} unknown, of ${steps.length} checks\n`);
    if (!diagnosis.ok) process.exitCode = 1;
    return diagnosis;
  }
}
