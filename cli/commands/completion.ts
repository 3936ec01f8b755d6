import { Args, Flags } from '@oclif/core';
import { NatsctlCommand } from '../base-command.js';
import { completionScript, INSTALL, SHELLS, type Shell } from '../completion/scripts.js';
import { requiredChoice } from '../prompt.js';

export default class Completion extends NatsctlCommand {
  static override description =
    'Print the script that completes commands, flags and names of the store in a shell.\nSource it, or put it where the shell looks for such scripts.';
  static override examples = [
    { description: 'In this shell (bash):', command: 'source <(<%= config.bin %> completion bash)' },
    ...SHELLS.map((shell) => ({ description: `In every new one (${shell}):`, command: INSTALL[shell] })),
  ];
  static override args = {
    shell: Args.string({ description: `The shell: ${SHELLS.join(', ')}.`, options: [...SHELLS] }),
  };
  static override flags = {
    descriptions: Flags.boolean({
      description: 'Say of each word what it is, where the shell shows that.',
      allowNo: true,
      default: true,
      env: 'NATSCTL_DESCRIPTIONS',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(Completion);
    const shell = (await requiredChoice(args.shell, 'SHELL', 'Which shell', [...SHELLS])) as Shell;
    const script = completionScript(shell, flags.descriptions);
    this.print(script);
    return { shell, script };
  }
}
