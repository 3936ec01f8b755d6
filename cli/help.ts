import process from 'node:process';
import type { Command, Interfaces } from '@oclif/core';
import { CommandHelp, Help } from '@oclif/core/help';

class ShortUsage extends CommandHelp {
  protected override defaultUsage(): string {
    const names = Object.values(this.command.args ?? {}).map(({ name, required }) =>
      required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
    );
    const more = this.command.strict === false ? '...' : '';
    return ['<%= command.id %>', `${names.join(' ')}${more}`, '[FLAGS]'].filter((part) => part !== '').join(' ');
  }
}

/**
 * oclif's help, whose first line and indented lists run over the edge of a narrow terminal, and whose usage repeats every flag
 * of the list below it.
 */
export class NatsctlHelp extends Help {
  protected override CommandHelpClass = ShortUsage;
  private ofOneCommand = false;

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, { ...options, maxWidth: columns() - 2 });
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    this.ofOneCommand = true;
    await super.showCommandHelp(command);
  }

  /** In a list of commands the list breaks the lines; alone it is printed as it is. */
  protected override summary(command: Command.Loadable): string | undefined {
    const text = super.summary(command);
    return text !== undefined && this.ofOneCommand ? this.wrap(text, 0) : text;
  }
}

/** As oclif counts them: 80 where nobody can tell. */
function columns(): number {
  const wanted = Number.parseInt(process.env.OCLIF_COLUMNS ?? '', 10);
  return wanted || Math.max(40, (process.stdout.isTTY && process.stdout.columns) || 80);
}
