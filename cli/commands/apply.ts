import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { dryRunFlag } from '../change/show.js';
import { storeFlags } from '../flags.js';
import { safeText } from '../output/safe-text.js';
import { shellWord } from '../output/shell-word.js';
import { required } from '../prompt.js';
import { refuseProblems } from '../state/apply.js';
import { applyChange, planChange } from '../state/change.js';
import { confirmApply } from '../state/confirm.js';
import { stateError } from '../state/errors.js';
import { givenSeeds, stateFlags } from '../state/flags.js';
import { readSavedPlan } from '../state/plan-file.js';
import { parseState, readStateText } from '../state/read.js';
import { type AppliedReport, appliedReport, planNotes, planReport, planText } from '../state/show.js';
import { resolvePaths } from '../store/paths.js';

export default class ApplyCommand extends NatsctlCommand {
  static override description =
    'Make the store what a state file says: all of it, or nothing.\nShows the plan and asks, unless --yes is given. What is new gets its keys, new users their creds; then push.';
  static override examples = [
    '<%= config.bin %> apply org.yaml',
    '<%= config.bin %> apply org.yaml --yes && <%= config.bin %> push',
    '<%= config.bin %> apply org.yaml --dry-run',
    '<%= config.bin %> apply --plan reviewed.plan --yes',
  ];
  static override args = { file: Args.string({ description: 'State file (YAML or JSON); - for stdin.' }) };
  static override flags = {
    ...storeFlags,
    ...stateFlags,
    plan: Flags.string({
      description: 'Apply a plan that `plan --out` saved, if the store still is what it was made against.',
      helpValue: 'FILE',
      exclusive: ['prune', 'force', 'unmatched'],
      env: 'NATSCTL_PLAN',
    }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask.', env: 'NATSCTL_YES' }),
    ...dryRunFlag,
  };

  async run(): Promise<AppliedReport> {
    const { args, flags } = await this.parse(ApplyCommand);
    const saved = flags.plan === undefined ? null : await readSavedPlan(flags.plan);
    const file = flags.plan ?? (await required(args.file, 'FILE', 'Which state file'));
    const text = saved?.state ?? (await readStateText(file));
    const state = parseState(text, file === '-' ? 'stdin' : file);
    const paths = resolvePaths(this.settings(flags));
    const { prune, force, unmatched } = saved ?? flags;
    const keys = await givenSeeds(flags['private-key'], paths.keystore);
    const options = { now: currentTime(), prune: prune || state.prune === true, force, unmatched, keys };

    const planned = await planChange(paths, state, options);
    const shown = planReport(planned);
    if (saved !== null && saved.fingerprint !== shown.fingerprint) throw stalePlan(file);
    this.print(planText(shown));
    if (!this.jsonEnabled()) for (const note of planNotes(shown)) this.note(note);
    refuseProblems(planned.plan.problems);
    // A flag that is not given is undefined to oclif.
    const dryRun = flags['dry-run'] === true;
    if (dryRun || shown.changes.length === 0) return appliedReport(planned, dryRun);

    await confirmApply(shown, flags.yes);
    const applied = await applyChange(paths, planned, {
      now: options.now,
      progress: (total) => this.progress('applying', total),
    });
    const report = appliedReport(applied, false);
    this.print(safeText(`operator ${report.operator} is as the file says`).concat('\n'));
    if (!this.jsonEnabled() && report.push.length > 0) {
      const some = report.push.length > 10 ? '' : ` ${report.push.map(shellWord).join(' ')}`;
      this.note(`it holds once the accounts are pushed: \`natsctl push${some}\``);
    }
    if (!this.jsonEnabled() && report.creds.length > 0) {
      this.note(`wrote ${report.creds.length} creds ${report.creds.length === 1 ? 'file' : 'files'}`);
    }
    return report;
  }
}

function stalePlan(file: string): Error {
  return stateError('ERR_PLAN_STALE', `the store is not what the plan ${file} was made against: nothing was changed`, {
    hint: 'make the plan again and look at it: `natsctl plan FILE --out PLAN`',
    details: { file },
  });
}
