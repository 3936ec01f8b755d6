import { Args } from '@oclif/core';
import { checkEntityName } from '../../../claims/names.js';
import type { Renamed } from '../../account/rename.js';
import { NatsctlCommand } from '../../base-command.js';
import { changeText } from '../../change/report.js';
import { dryRunFlag } from '../../change/show.js';
import { privateKeyFlag, storeFlags } from '../../flags.js';
import { renameOperatorTo } from '../../operator/rename.js';
import { safeText } from '../../output/safe-text.js';
import { pickOperator } from '../../pick.js';
import { required } from '../../prompt.js';
import { resolvePaths } from '../../store/paths.js';

export default class OperatorRename extends NatsctlCommand {
  static override description = 'Give an operator another name. Its key, and all that is signed by it, stays valid.';
  static override examples = ['<%= config.bin %> operator rename acme acme-prod'];
  static override args = {
    operator: Args.string({ description: 'Name of the operator.' }),
    name: Args.string({ description: 'The new name.' }),
  };
  static override flags = { ...storeFlags, ...privateKeyFlag, ...dryRunFlag };

  async run(): Promise<Renamed> {
    const { args, flags } = await this.parse(OperatorRename);
    const operator = await pickOperator(args.operator, resolvePaths(this.settings(flags)).storeRoot, 'OPERATOR');
    const to = await required(args.name, 'NAME', 'The new name', (text) => checkEntityName(text, 'operator'));
    const options = { key: flags['private-key'], dryRun: flags['dry-run'] };
    const done = await renameOperatorTo(await this.workspace({ ...flags, operator }), to, options);
    this.print(changeText(done, safeText(`operator ${done.from} is now ${done.to}`)));
    if (!this.jsonEnabled() && !done.dryRun && done.differences.length > 0) {
      this.note('servers show the old name until they are configured with the new operator JWT');
    }
    return done;
  }
}
