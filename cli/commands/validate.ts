import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { listOf, operatorFlag, storeFlags } from '../flags.js';
import { table } from '../output/table.js';
import { remoteFlags } from '../sync/flags.js';
import { remoteOptions } from '../sync/remote-options.js';
import { type ValidateReport, validateFile, validateStore } from '../validate/validate.js';

export default class Validate extends NatsctlCommand {
  static override description =
    'Find what is wrong with the operator, its accounts, users, keys and creds, and say what to do.\nEnds with 1 where something does not work (error) or is outside its time (time); warnings and notes pass.';
  static override examples = [
    '<%= config.bin %> validate',
    '<%= config.bin %> validate --account orders --level warning',
    '<%= config.bin %> validate --drift --service https://jwt.acme.example',
    '<%= config.bin %> validate --file accounts.pack --json',
  ];
  static override args = { account: Args.string({ description: 'Account, by name or public key. Default: all.' }) };
  static override flags = {
    ...storeFlags,
    ...operatorFlag,
    ...remoteFlags,
    account: Flags.string({
      char: 'a',
      description: 'Account, by name or public key; repeatable. Default: all.',
      helpValue: 'NAME',
      multiple: true,
      env: 'NATSCTL_ACCOUNT',
    }),
    all: Flags.boolean({
      char: 'A',
      description: 'All accounts, whatever NATSCTL_ACCOUNT names.',
      aliases: ['all-accounts'],
      env: 'NATSCTL_ALL',
    }),
    file: Flags.string({
      char: 'f',
      description: 'Check the tokens of this file (or URL, or - for stdin) instead of the store: one a line, or creds.',
      helpValue: 'FILE',
      exclusive: ['account', 'all', 'drift'],
      env: 'NATSCTL_FILE',
    }),
    drift: Flags.boolean({
      description: 'Ask the service or the servers whether they hold the same accounts.',
      env: 'NATSCTL_DRIFT',
    }),
    level: Flags.string({
      description: 'The least that is shown.',
      options: ['error', 'time', 'warning', 'note'],
      default: 'note',
      env: 'NATSCTL_LEVEL',
    }),
  };

  async run(): Promise<ValidateReport> {
    const { args, flags } = await this.parse(Validate);
    const named = flags.all ? [] : [...(args.account === undefined ? [] : [args.account]), ...listOf(flags.account)];
    const report =
      flags.file === undefined
        ? await validateStore(await this.workspace(flags), {
            accounts: named,
            drift: flags.drift,
            ...remoteOptions(flags),
          })
        : await validateFile(flags.file, currentTime());
    const levels = ['error', 'time', 'warning', 'note'];
    const shown = report.findings.filter(({ level }) => levels.indexOf(level) <= levels.indexOf(flags.level));
    if (shown.length > 0) {
      const rows = shown.map(({ level, kind, entity, path, message, hint, code }) => {
        return [level, `${kind} ${entity}`, path, message, hint, code];
      });
      this.print(table(['LEVEL', 'ENTITY', 'CLAIM', 'WHAT', 'NEXT STEP', 'CODE'], rows));
    }
    if (!this.jsonEnabled()) {
      const { accounts, users } = report.checked;
      const { error, time, warning, note } = report.counts;
      const found = `${count(error, 'error')}, ${time} outside their time, ${count(warning, 'warning')}, ${count(note, 'note')}`;
      this.note(`${count(accounts, 'account')} and ${count(users, 'user')}: ${found}`);
    }
    if (!report.ok) process.exitCode = 1;
    return { ...report, findings: shown };
  }
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
