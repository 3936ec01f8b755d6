/**
 * `npm run docs`: writes docs/cli.md, every command with its arguments, flags and examples, from oclif.manifest.json, and the
 * settings in docs/service.md. What it
 * writes depends on the commands alone: not on a width, a time or a machine. test/e2e/docs.test.ts holds the page against it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const read = (name) => JSON.parse(readFileSync(path.join(root, name), 'utf8'));

/** Flags that mean the same everywhere: described once. */
const SHARED = ['store', 'keystore', 'operator', 'json'];

const HEAD = `# Commands

<!-- Written by \`npm run docs\` from the commands themselves: change those. -->

\`natsctl COMMAND --help\` shows the same. Exit codes of every command: 0 done, 1 refused or failed, 2 wrong usage, 130 left at a
question. Results go to stdout, notes, questions and progress to stderr. What \`--json\` prints is in [json.md](json.md), nsc's
command lines are in [nsc.md](nsc.md); they work here as they are.

Every flag has an environment variable, which the flag overrides; a switch is on there with 1, true, yes or y, off with 0, false, no
or n. A flag that may be repeated takes a comma list too, unless a value may hold commas itself. Values that are needed and not given are asked for on a terminal, and a fault elsewhere.
`;

/** The page, from the manifest and package.json. */
export function commandsPage(manifest, { oclif }) {
  const commands = Object.values(manifest.commands)
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const topics = [...new Set(commands.map(({ id }) => id.split(':')[0]))];
  const shared = SHARED.map((name) => commands.map(({ flags }) => flags[name]).find(Boolean));
  const parts = [HEAD, '## Flags of many commands\n', flagTable(shared), '## All of them\n', contents(commands)];
  for (const topic of topics) {
    const own = commands.filter(({ id }) => id === topic || id.startsWith(`${topic}:`));
    const isTopic = own.some(({ id }) => id !== topic);
    const described = oclif.topics[topic]?.description;
    if (isTopic) parts.push(`## ${topic}\n`, ...(described ? [`${described}\n`] : []));
    for (const command of own) parts.push(commandSection(command, oclif.bin, isTopic ? '###' : '##'));
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

const SETTINGS = /(<!-- settings: [^>]*-->\n)[^]*?(<!-- \/settings -->)/;

/** docs/service.md with the settings of `service start` as they are now. */
export function servicePage(page, manifest) {
  const flags = Object.values(manifest.commands['service:start'].flags).filter(({ name }) => name !== 'json');
  return page.replace(SETTINGS, (_, begin, end) => `${begin}${flagTable(flags.sort(byGroup))}${end}`);
}

function contents(commands) {
  const rows = commands.map(({ id, summary, description }) => {
    const words = id.replaceAll(':', ' ');
    return `| [\`${words}\`](#${words.replaceAll(' ', '-')}) | ${cell(firstLine(summary ?? description))} |`;
  });
  return `| command | what it does |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function commandSection(command, bin, heading) {
  const words = command.id.replaceAll(':', ' ');
  const args = Object.values(command.args);
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const own = flags.filter(({ name }) => !SHARED.includes(name)).sort(byGroup);
  const also = SHARED.filter((name) => flags.some((flag) => flag.name === name));
  const lines = [
    `${heading} ${words}\n`,
    `${plain([command.summary, command.description].filter(Boolean).join(' ')).replaceAll('\n', ' ')}\n`,
  ];
  lines.push(`\`\`\`\n${usage(bin, words, args, command.strict, flags.length > 0)}\n\`\`\`\n`);
  if (args.length > 0) lines.push(argumentTable(args));
  if (own.length > 0) lines.push(flagTable(own));
  if (also.length > 0) lines.push(`Also ${also.map((name) => `\`--${name}\``).join(', ')}.\n`);
  const examples = (command.examples ?? []).map((example) => exampleText(example, bin));
  if (examples.length > 0) lines.push(`\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`);
  return lines.join('\n');
}

function usage(bin, words, args, strict, hasFlags) {
  const names = args.map(({ name, required }) => (required ? name.toUpperCase() : `[${name.toUpperCase()}]`));
  if (strict === false && names.length > 0) names[names.length - 1] += '...';
  return [bin, words, ...names, ...(hasFlags ? ['[FLAGS]'] : [])].join(' ');
}

function argumentTable(args) {
  const rows = args.map(({ name, description, options }) => {
    const shown = options ? `${plain(description)} One of: ${options.join(', ')}.` : plain(description);
    return `| \`${name.toUpperCase()}\` | ${cell(shown)} |`;
  });
  return `| argument | |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function flagTable(flags) {
  return `| flag | | variable |\n| --- | --- | --- |\n${flags.map(flagRow).join('\n')}\n`;
}

function flagRow(flag) {
  const { name, char, allowNo, type, options, helpValue, env } = flag;
  const value = type === 'option' ? ` ${options ? options.join('|') : (helpValue ?? 'VALUE')}` : '';
  const long = allowNo ? `--[no-]${name}` : `--${name}`;
  const shown = `${char ? `-${char}, ` : ''}${long}${value}`;
  return `| \`${cell(shown)}\` | ${cell(flagText(flag))} | ${env ? `\`${env}\`` : ''} |`;
}

function flagText({ description, default: preset, multiple, exclusive, dependsOn, min, max }) {
  const text = plain(description);
  const more = [];
  if (['string', 'number'].includes(typeof preset) && !path.isAbsolute(String(preset)))
    more.push(`Default: ${preset}.`);
  if (preset === true) more.push('On by default.');
  if (min !== undefined && max !== undefined) more.push(`${min} to ${max}.`);
  if (multiple && !/repeatable/.test(text)) more.push('Repeatable.');
  if (exclusive?.length) more.push(`Not with ${exclusive.map((one) => `\`--${one}\``).join(', ')}.`);
  if (dependsOn?.length) more.push(`Needs ${dependsOn.map((one) => `\`--${one}\``).join(', ')}.`);
  return [text, ...more].join(' ');
}

function byGroup(a, b) {
  const [one, other] = [a.helpGroup ?? '', b.helpGroup ?? ''];
  return one === other ? (a.name < b.name ? -1 : 1) : one < other ? -1 : 1;
}

function exampleText(example, bin) {
  const text = typeof example === 'string' ? example : `# ${example.description}\n${example.command}`;
  return text.replaceAll('<%= config.bin %>', bin);
}

function plain(text = '') {
  return text.replaceAll('<%= config.bin %>', 'natsctl').trim();
}

const firstLine = (text) => plain(text).split('\n')[0];
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = read('oclif.manifest.json');
  writeFileSync(path.join(root, 'docs/cli.md'), commandsPage(manifest, read('package.json')));
  const service = path.join(root, 'docs/service.md');
  writeFileSync(service, servicePage(readFileSync(service, 'utf8'), manifest));
}
