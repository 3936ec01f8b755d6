import { Flags } from '@oclif/core';
import { type AgentState, refuseRunning, runAgent, startOf } from '../../agent/run.js';
import { leaveAgent } from '../../agent/start.js';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { storeFlags } from '../../flags.js';
import { safeText } from '../../output/safe-text.js';
import { showTime } from '../../output/time.js';
import { passphraseFileFlag } from '../../sealed/flags.js';
import { resolvePaths } from '../../store/paths.js';
import { untilStopped } from '../../up/until-stopped.js';

export default class KeysAgent extends NatsctlCommand {
  static override summary = 'Keep an encrypted keystore unlocked for a while.';
  static override description =
    'Takes the passphrase once and leaves a process behind that holds the key for the other commands of this user, at a socket which ' +
    'nobody else can reach. It ends after the time given, or at `keys lock`. Not on Windows.';
  static override examples = ['<%= config.bin %> keys agent', '<%= config.bin %> keys agent --for 30m'];
  static override flags = {
    ...storeFlags,
    for: Flags.string({
      description: 'How long: 30m, 8h.',
      default: '8h',
      helpValue: 'TIME',
      env: 'NATSCTL_FOR',
    }),
    foreground: Flags.boolean({
      description: 'Hold the key in this process, until it is stopped.',
      env: 'NATSCTL_FOREGROUND',
    }),
    ...passphraseFileFlag,
    'key-from-stdin': Flags.boolean({
      hidden: true,
      description: 'How this program hands the key to the process it leaves behind.',
      env: 'NATSCTL_KEY_FROM_STDIN',
    }),
  };

  override logJson(value: unknown): void {
    if (value !== undefined) super.logJson(value);
  }

  async run(): Promise<AgentState | undefined> {
    const { flags } = await this.parse(KeysAgent);
    const { keystore } = resolvePaths(this.settings(flags));
    await refuseRunning(keystore);
    const start = await startOf(keystore, flags, currentTime());
    if (flags.foreground || flags['key-from-stdin']) {
      const stopped = untilStopped();
      const agent = await runAgent(keystore, start);
      this.tell(agent.state);
      this.logJsonNow(agent.state);
      void stopped.then(agent.stop);
      await agent.ended;
      return undefined;
    }
    const state = await leaveAgent(keystore, start, flags.for);
    this.tell(state);
    return state;
  }

  private tell({ keystore, until, pid }: AgentState): void {
    this.print(safeText(`${keystore} is unlocked until ${showTime(until)} (process ${pid})`).concat('\n'));
  }

  private logJsonNow(state: AgentState): void {
    if (this.jsonEnabled()) super.logJson(state);
  }
}
