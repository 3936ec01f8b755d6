import { NatsctlCommand } from '../../base-command.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { restFlags, restOptions } from '../../rest/flags.js';
import { whoami } from '../../rest/whoami.js';

export default class ServiceWhoami extends NatsctlCommand {
  static override description = 'Show whose access token this is at the service, and what it may do there.';
  static override examples = ['<%= config.bin %> <%= command.id %> --token-file admin.token'];
  static override flags = { ...restFlags };

  async run() {
    const { flags } = await this.parse(ServiceWhoami);
    const caller = await whoami(await restOptions(flags));
    this.print(safeText(`${caller.actor}, until ${showTime(caller.expires)}`).concat('\n'));
    for (const { role, operator, account } of caller.grants) {
      const over = account ? `account ${account}` : operator ? `operator ${operator}` : 'the whole service';
      this.print(safeText(`${role} of ${over}`).concat('\n'));
    }
    return caller;
  }
}
