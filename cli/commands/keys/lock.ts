import { lockKeystore } from '../../agent/run.js';
import { NatsctlCommand } from '../../base-command.js';
import { storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { resolvePaths } from '../../store/paths.js';

export default class KeysLock extends NatsctlCommand {
  static override description = 'End the agent that holds the key of the keystore: its passphrase is asked for again.';
  static override examples = ['<%= config.bin %> keys lock'];
  static override flags = { ...storeFlags };

  async run() {
    const { flags } = await this.parse(KeysLock);
    const done = await lockKeystore(resolvePaths(this.settings(flags)).keystore);
    this.print(
      safeText(done.locked ? `${done.keystore} is locked` : `no agent holds the key of ${done.keystore}`).concat('\n'),
    );
    return done;
  }
}
