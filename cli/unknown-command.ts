import type { NatsctlError } from '../claims/errors.js';
import { type CliErrorCode, cliError, usageError } from './errors.js';
import { editDistance } from './output/edit-distance.js';

/**
 * The fault of a command line whose words are no command: too many words after one, or a word that is misspelt or in nsc's
 * order (`add account`), for which the nearest command is named.
 *
 * @param commands the words of every command, aliases too
 */
export function unknownCommand(argv: readonly string[], commands: readonly string[]): NatsctlError<CliErrorCode> {
  const flag = argv.findIndex((word) => word.startsWith('-'));
  const words = flag === -1 ? argv : argv.slice(0, flag);
  if (words.length === 0) return usageError(`there is no flag ${argv[0] ?? ''}`, 'see `natsctl --help`');

  const known = commands.find((command) => `${words.join(' ')} `.startsWith(`${command} `));
  if (known !== undefined) {
    const extra = words.slice(known.split(' ').length).join(' ');
    return usageError(`unexpected argument: ${extra}`, `see \`natsctl ${known} --help\``);
  }
  const [topic, verb] = words;
  const topicKnown = commands.some((command) => command.startsWith(`${topic} `));
  const near = nearest(words, commands);
  const help = topicKnown ? `see \`natsctl ${topic} --help\`` : 'see `natsctl --help`';
  const shown = topicKnown && verb !== undefined ? `${topic} ${verb}` : words.slice(0, 2).join(' ');
  return cliError('ERR_COMMAND_UNKNOWN', `there is no command ${shown}`, {
    hint: near === null ? help : `did you mean \`natsctl ${near}\`? ${help}`,
  });
}

function nearest(words: readonly string[], commands: readonly string[]): string | null {
  const two = words.slice(0, 2).join(' ');
  const swapped = words.length > 1 ? `${words[1]} ${words[0]}` : two;
  let best: { command: string; distance: number } | null = null;
  for (const command of commands) {
    const given = command.includes(' ') ? [two, swapped] : [words[0] as string];
    const distance = Math.min(...given.map((text) => editDistance(text.toLowerCase(), command)));
    if (distance <= Math.max(1, command.length / 4) && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { command, distance };
    }
  }
  return best?.command ?? null;
}
