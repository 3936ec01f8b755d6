import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { storeFlags } from '../flags.js';
import { required } from '../prompt.js';
import { planChange } from '../state/change.js';
import { givenSeeds, stateFlags } from '../state/flags.js';
import { savedPlanText } from '../state/plan-file.js';
import { parseState, readStateText } from '../state/read.js';
import { type PlanReport, planNotes, planReport, planText } from '../state/show.js';
import { resolvePaths } from '../store/paths.js';
import { writeNewFile } from '../user/creds.js';

/** Told apart from 1 (refused) and 2 (wrong usage). */
const EXIT_DIFFERENCES = 3;

export default class PlanCommand extends NatsctlCommand {
  static override description =
    'Show what a state file would change, claim by claim, and who would sign it. Nothing is changed.\nEnds with 1 where something speaks against it; with --detailed-exitcode with 3 where there are differences.';
  static override examples = [
    '<%= config.bin %> plan org.yaml',
    '<%= config.bin %> plan org.yaml --prune --detailed-exitcode',
    '<%= config.bin %> plan org.yaml --out reviewed.plan && <%= config.bin %> apply --plan reviewed.plan',
  ];
  static override args = { file: Args.string({ description: 'State file (YAML or JSON); - for stdin.' }) };
  static override flags = {
    ...storeFlags,
    ...stateFlags,
    'detailed-exitcode': Flags.boolean({
      description: 'End with 3 where there are differences.',
      env: 'NATSCTL_DETAILED_EXITCODE',
    }),
    out: Flags.string({
      description: 'Save the plan: `apply --plan` makes exactly that, and only while the store is as it is now.',
      helpValue: 'FILE',
      env: 'NATSCTL_OUT',
    }),
  };

  async run(): Promise<PlanReport> {
    const { args, flags } = await this.parse(PlanCommand);
    const file = await required(args.file, 'FILE', 'Which state file');
    const text = await readStateText(file);
    const state = parseState(text, file === '-' ? 'stdin' : file);
    const paths = resolvePaths(this.settings(flags));
    // A flag that is not given is undefined to oclif.
    const prune = flags.prune === true || state.prune === true;
    const [force, unmatched] = [flags.force === true, flags.unmatched === true];
    const keys = await givenSeeds(flags['private-key'], paths.keystore);
    const planned = await planChange(paths, state, { now: currentTime(), prune, force, unmatched, keys });
    const report = planReport(planned);
    this.print(planText(report));
    if (!this.jsonEnabled()) for (const note of planNotes(report)) this.note(note);
    if (flags.out !== undefined) {
      const saved = { fingerprint: report.fingerprint, prune, force, unmatched, state: text };
      const written = await writeNewFile(flags.out, savedPlanText(saved, report), false);
      if (!this.jsonEnabled()) this.note(`wrote ${written}`);
    }
    if (report.problems.length > 0) process.exitCode = 1;
    else if (flags['detailed-exitcode'] && report.changes.length > 0) process.exitCode = EXIT_DIFFERENCES;
    return report;
  }
}
