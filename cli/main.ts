import process from 'node:process';
import { runDirectly } from './direct.js';
import { commandFlags } from './manifest.js';
import { translate } from './nsc/translate.js';
import { jsonInEnvironment } from './output/json.js';
import { report } from './output/report.js';
import { unknownCommand } from './unknown-command.js';

/** Runs the command line to its end and leaves the exit code in `process.exitCode`. */
export async function runNatsctl(argv: string[], from: string): Promise<void> {
  // A reader that has seen enough (`natsctl account list | head -1`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
  if (argv[0] === '__complete') {
    const { answer } = await import('./completion/answer.js');
    process.stdout.write(await answer(argv.slice(1), from));
    return;
  }
  try {
    const { argv: ours, env } = translate(asFlags(argv), (command) => commandFlags(from, command));
    Object.assign(process.env, env);
    if (!(await runDirectly(ours, from))) await runByOclif(ours, from);
  } catch (error) {
    report(isUnknownCommand(error) ? await explainUnknown(argv, from) : error, wantsJson(argv));
  }
}

/** Help, and whatever does not begin with the words of a command. */
async function runByOclif(argv: string[], from: string): Promise<void> {
  const { flush, run, settings } = await import('@oclif/core');
  // We ship compiled files; oclif would otherwise look for a TypeScript loader beside them.
  settings.enableAutoTranspile = false;
  await run(argv, from);
  await flush();
}

/** `natsctl help account create` is `natsctl account create --help`. */
function asFlags(argv: string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1).filter((word) => !word.startsWith('-')), '--help'] : argv;
}

function isUnknownCommand(error: unknown): boolean {
  return error instanceof Error && 'oclif' in error && /^command .* not found\.?$/i.test(error.message);
}

async function explainUnknown(argv: string[], from: string) {
  const { Config } = await import('@oclif/core');
  const config = await Config.load(from);
  const commands = config.commands.flatMap(({ id, hiddenAliases }) => [id, ...hiddenAliases]);
  return unknownCommand(
    argv[0] === 'help' ? argv.slice(1) : argv,
    commands.map((id) => id.replaceAll(':', ' ')),
  );
}

/** For faults before a command exists to ask (an unknown one). */
function wantsJson(argv: string[]): boolean {
  const end = argv.indexOf('--');
  const before = end === -1 ? argv : argv.slice(0, end);
  return before.includes('--json') || jsonInEnvironment();
}
