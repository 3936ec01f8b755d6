import process from 'node:process';
import { Args, Flags } from '@oclif/core';
import { currentTime, NatsctlCommand } from '../../base-command.js';
import { dryRunFlag, showChange } from '../../change/show.js';
import { listOf, storeFlags } from '../../flags.js';
import { type ImportedOperator, importOperator } from '../../operator/import.js';
import { readOperatorSource } from '../../operator/source.js';
import { shellWord } from '../../output/shell-word.js';
import { pairs } from '../../output/table.js';
import { required } from '../../prompt.js';
import { givenSeed } from '../../signer.js';
import { resolvePaths } from '../../store/paths.js';

export default class OperatorImport extends NatsctlCommand {
  static override description =
    'Take in the JWT of an operator that somebody else runs: accounts made under it are signed by them.\nNot needed for an operator of your own, whose keys are here.';
  static override hiddenAliases = ['import:operator'];
  static override examples = [
    '<%= config.bin %> operator import https://jwt.acme.example/jwt/v1/operator',
    '<%= config.bin %> operator import acme.jwt --force',
    '<%= config.bin %> operator import synadia',
  ];
  static override args = {
    source: Args.string({
      description: 'File, URL (of the JWT or of an account server), well-known name, token, or - for stdin.',
    }),
  };
  static override flags = {
    ...storeFlags,
    name: Flags.string({
      char: 'n',
      description: 'What it is called here. Default: the name in its JWT, or the well-known one of its host.',
      env: 'NATSCTL_NAME',
    }),
    key: Flags.string({
      description:
        'File with a seed of the operator, to sign accounts with; repeatable. A public key of the keystore will do.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FILE',
      env: 'NATSCTL_KEY',
    }),
    force: Flags.boolean({
      char: 'F',
      description: 'Replace the operator of that name, also where its identity is another one or its JWT newer.',
      env: 'NATSCTL_FORCE',
    }),
    ...dryRunFlag,
  };

  async run(): Promise<ImportedOperator> {
    const { args, flags } = await this.parse(OperatorImport);
    const source = await required(args.source, 'SOURCE', 'File, URL or name of the operator');
    const paths = resolvePaths(this.settings(flags));
    const seeds = await Promise.all(listOf(flags.key).map((key) => givenSeed(paths.keystore, key, 'operator')));
    const found = await readOperatorSource(source, process.env);
    const imported = await importOperator(
      paths,
      { found, name: flags.name, seeds, force: flags.force, dryRun: flags['dry-run'] },
      currentTime(),
    );
    this.print(
      pairs([
        ['operator', imported.name],
        ['public key', imported.publicKey],
        ['managed', imported.managed ? 'yes: its keys are elsewhere' : 'no: a key of it is here'],
        ['account server', imported.accountServerUrl],
      ]) + (imported.result === 'added' ? '' : showChange(`operator ${imported.name}`, imported)),
    );
    if (!this.jsonEnabled()) {
      for (const warning of imported.warnings) this.note(warning);
      if (!imported.dryRun && imported.result === 'added') {
        this.note(`make an account under it: \`natsctl account create NAME --operator ${shellWord(imported.name)}\``);
      }
    }
    return imported;
  }
}
