import process from 'node:process';
import { usageError } from './errors.js';

/** Whether someone is there to answer. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * A required value: the one given, else asked for on the terminal, else a usage error. Questions go to stderr, so that stdout
 * holds the result alone.
 *
 * @param what how the value is written on the command line (`NAME`, `--account`)
 * @param check throws when an answer will not do; its message is shown and the question stands
 */
export async function required(
  given: string | undefined,
  what: string,
  question: string,
  check?: (value: string) => unknown,
): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk()) throw usageError(`${what} is missing`, `give ${what}; it is only asked for on a terminal`);
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: process.stderr });
  const { value } = await ask<{ value: string }>([
    {
      type: 'input',
      name: 'value',
      message: question,
      validate: (answer: string) => {
        if (answer.trim() === '') return 'a value is needed';
        try {
          check?.(answer.trim());
          return true;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
    },
  ]);
  return value.trim();
}

/** As `required`, for a value that must be one of a few. */
export async function requiredChoice(
  given: string | undefined,
  what: string,
  question: string,
  choices: string[],
): Promise<string> {
  if (given !== undefined) return given;
  if (!canAsk() || choices.length === 0) {
    throw usageError(`${what} is missing`, choices.length > 0 ? `one of: ${choices.join(', ')}` : `give ${what}`);
  }
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: process.stderr });
  const { value } = await ask<{ value: string }>([{ type: 'select', name: 'value', message: question, choices }]);
  return value;
}

/** Asks on a terminal for a value that has a default, which an empty answer takes. */
export async function askedWithDefault(
  question: string,
  preset: string,
  check: (value: string) => unknown,
): Promise<string> {
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: process.stderr });
  const { value } = await ask<{ value: string }>([
    {
      type: 'input',
      name: 'value',
      message: question,
      default: preset,
      validate: (answer: string) => {
        try {
          check(answer.trim());
          return true;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
    },
  ]);
  return value.trim();
}

/** A secret, which is not shown while it is written. Ask `canAsk` first. */
export async function askedSecret(question: string): Promise<string> {
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: process.stderr });
  const { value } = await ask<{ value: string }>([
    {
      type: 'password',
      name: 'value',
      message: question,
      // A key that shows it would be there by accident too.
      toggleMask: false,
      validate: (answer: string) => (answer === '' ? 'a value is needed' : true),
    },
  ]);
  return value;
}
