import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../../base-command.js';
import { confirmByName } from '../../delete/confirm.js';
import { yesFlag } from '../../delete/flags.js';
import { listOf } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { type Evacuation, evacuate, findEvacuated } from '../../rest/evacuate.js';
import { restFlags, restOptions, scopeFlags } from '../../rest/flags.js';

const EVACUATION = { doing: 'evacuating', act: 'evacuate', done: 'done' };

export default class ServiceEvacuate extends NatsctlCommand {
  static override description =
    'For an account whose keys leaked: new signing keys at the service, every user revoked, connections closed.\nEnds with 1 where no server took it, one did not, or somebody is still on.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> orders --dry-run --token-file admin.token',
    '<%= config.bin %> <%= command.id %> orders --yes --token-file admin.token',
    '<%= config.bin %> <%= command.id %> orders --key ADXK... --reissue --token-file admin.token',
  ];
  static override args = {
    account: Args.string({ description: 'Account at the service, by name or public key.', required: true }),
  };
  static override flags = {
    ...restFlags,
    operator: scopeFlags.operator,
    ...yesFlag,
    timeout: Flags.integer({
      description: 'Seconds to wait until servers have answered.',
      helpValue: 'SECONDS',
      min: 1,
      max: 60,
      default: 30,
      env: 'NATSCTL_TIMEOUT',
    }),
    key: Flags.string({
      description:
        'Signing key that leaked, repeatable. Default: all that the service holds, and everybody is revoked.',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
      env: 'NATSCTL_KEY',
    }),
    reissue: Flags.boolean({
      description: 'Give users new JWTs for the keys they have: only where those are safe.',
      env: 'NATSCTL_REISSUE',
    }),
    'dry-run': Flags.boolean({ description: 'Show what would change, and change nothing.', env: 'NATSCTL_DRY_RUN' }),
  };

  async run(): Promise<Evacuation> {
    const { args, flags } = await this.parse(ServiceEvacuate);
    const rest = await restOptions(flags);
    const found = await findEvacuated(rest, args.account, flags.operator);
    const dryRun = flags['dry-run'] ?? false;
    if (!dryRun) await confirmByName('account', found.name, flags.yes, EVACUATION);
    const evacuation = await evacuate(rest, found, {
      keys: listOf(flags.key),
      reissue: flags.reissue ?? false,
      dryRun,
    });
    this.show(evacuation);
    if (evacuation.complete === false) process.exitCode = 1;
    return evacuation;
  }

  private show({ name, changes, evacuated, complete }: Evacuation): void {
    const line = (text: string) => this.print(safeText(text).concat('\n'));
    for (const { action, entity } of changes ?? []) line(`would be done: ${action} ${entity}`);
    if (evacuated === null) return;
    const { rotated, revokedAt, reissued, announced, servers, unasked } = evacuated;
    const who = revokedAt === null ? 'users of those keys are void' : 'everybody is revoked';
    line(`account ${name}: ${rotated.length} signing keys replaced, ${who}, ${reissued.length} users reissued`);
    for (const { from, to, role } of rotated) line(`${from} -> ${to}${role ? ` (${role})` : ''}`);
    for (const { server, ok, message } of announced) line(`${server}: ${ok ? 'took it' : `NOT TAKEN: ${message}`}`);
    for (const { server, before, open } of servers) {
      line(`${server}: ${before ?? 'unknown'} connections before, ${open === 0 ? 'none' : `STILL ${open}`} on`);
    }
    if (unasked > 0) this.note(`${unasked} links where nobody tells who is connected`);
    if (announced.length === 0) this.note('no server is linked: what runs now was not told');
    else if (!complete) this.note('not complete: the service goes on telling the servers');
  }
}
