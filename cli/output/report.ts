import process from 'node:process';
import { NatsctlError } from '../../claims/errors.js';
import { editDistance } from './edit-distance.js';
import { toJson, writeJson } from './json.js';
import { safeText } from './safe-text.js';

/** What is printed of a fault: one JSON document on stdout, or lines on stderr. */
export interface Fault {
  code: string;
  message: string;
  hint?: string;
  details?: Readonly<Record<string, unknown>>;
}

/** The command whose words were being read, for what to try instead. */
export interface ParsedCommand {
  /** `account create` */
  words: string;
  flags: string[];
}

const WRONG_USAGE = new Set(['ERR_USAGE', 'ERR_COMMAND_UNKNOWN']);

/** Prints a fault and sets the exit code: 2 for wrong usage, 130 for Ctrl-C in a prompt, 1 for the rest. */
export function report(error: unknown, json: boolean, command?: ParsedCommand): void {
  const known = parserFault(error, command);
  if (known === 'quiet') return;
  const { fault, exit } = known ?? faultOf(error);
  process.exitCode = exit;
  if (json) writeJson(JSON.parse(withoutSeeds(toJson({ error: fault }))));
  else {
    const hint = fault.hint === undefined ? '' : `\n  ${safeText(fault.hint)}`;
    process.stderr.write(withoutSeeds(`natsctl: ${safeText(fault.message)} [${fault.code}]${hint}\n`));
    if (fault.code === 'ERR_INTERNAL' && process.env.DEBUG && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
  }
}

/** A seed given where a name or a public key belongs must not end in a log by way of the message that refuses it. */
function withoutSeeds(text: string): string {
  return text.replace(/S[OAUNCX][A-Z2-7]{56}/g, '(a seed, not shown)');
}

function faultOf(error: unknown): { fault: Fault; exit: number } {
  if (error instanceof NatsctlError) {
    const fault: Fault = { code: error.code, message: error.message };
    if (error.hint !== undefined) fault.hint = error.hint;
    if (Object.keys(error.details).length > 0) fault.details = error.details;
    return { fault, exit: WRONG_USAGE.has(error.code) ? 2 : 1 };
  }
  const message = error instanceof Error ? error.message : String(error);
  // inquirer throws this when a prompt is left with Ctrl-C or Ctrl-D.
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return { fault: { code: 'ERR_INTERRUPTED', message: 'nothing was changed' }, exit: 130 };
  }
  return {
    fault: {
      code: 'ERR_INTERNAL',
      message,
      hint: 'this is a fault of natsctl: please report it, with the output of the same command after DEBUG=1',
    },
    exit: 1,
  };
}

/** oclif's own errors: how the command line was written. `quiet` for an exit that was asked for (`--help`). */
function parserFault(error: unknown, command?: ParsedCommand): { fault: Fault; exit: number } | 'quiet' | null {
  if (!(error instanceof Error) || !('oclif' in error)) return null;
  const { oclif, code } = error as Error & { oclif?: { exit?: number }; code?: string };
  if (code === 'EEXIT') {
    process.exitCode = oclif?.exit ?? 0;
    return 'quiet';
  }
  const [first = error.message, ...rest] = error.message.split('\n').filter((line) => line.trim() !== '');
  const said = rest.filter((line) => !line.startsWith('See more help')).map((line) => line.trim());
  // "Parsing --port", and what is wrong with it on the next line.
  const flag = /^Parsing (--\S+)\s*$/.exec(first)?.[1];
  const [message, explained] = flag === undefined ? [first, said] : [`${flag}: ${said.join('; ')}`, []];
  const help = command === undefined ? 'see `natsctl --help`' : `see \`natsctl ${command.words} --help\``;
  const near = nearFlag(error, command);
  const hint = [...explained, ...(near === null ? [] : [`did you mean --${near}?`]), help].join('; ');
  return { fault: { code: 'ERR_USAGE', message, hint }, exit: 2 };
}

function nearFlag(error: Error, command?: ParsedCommand): string | null {
  const wrong = 'flags' in error && Array.isArray(error.flags) ? String(error.flags[0]) : '';
  if (!wrong.startsWith('--') || command === undefined) return null;
  const name = wrong.slice(2);
  return command.flags.find((flag) => editDistance(name, flag) <= Math.max(1, flag.length / 4)) ?? null;
}
