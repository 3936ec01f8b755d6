import process from 'node:process';
import { Flags } from '@oclif/core';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import { currentTime, NatsctlCommand } from '../base-command.js';
import { dryRunFlag } from '../change/show.js';
import { storeFlags } from '../flags.js';
import { remoteOperatorUrl } from '../init/init.js';
import { DEFAULT_USER, type Loaded, load } from '../load/load.js';
import { readOperatorSource } from '../operator/source.js';
import { shellWord } from '../output/shell-word.js';
import { pairs } from '../output/table.js';
import { required } from '../prompt.js';
import { readInput } from '../source.js';
import { resolvePaths } from '../store/paths.js';

/** A seed has 58 characters; a file with a comment or two is still one. */
const MAX_SEED_FILE_BYTES = 4096;

export default class Load extends NatsctlCommand {
  static override description =
    'Begin with an account that somebody else gave you: fetch operator and account, make a user with creds.\nNeeds the address of the operator and the seed of the account.';
  static override examples = [
    '<%= config.bin %> load --url https://jwt.acme.example/jwt/v1/operator --seed account.nk',
    'cat account.nk | <%= config.bin %> load --remote-operator synadia --seed - --user checkout',
  ];
  static override flags = {
    ...storeFlags,
    url: Flags.string({
      char: 'u',
      description: 'JWT of the operator: a URL of it or of the account server, or a file.',
      helpValue: 'URL',
      exclusive: ['remote-operator'],
      env: 'NATSCTL_URL',
    }),
    'remote-operator': Flags.string({
      char: 'o',
      description: 'As --url, an operator by the name it is known by: synadia, or one of NSC_<NAME>_OPERATOR.',
      helpValue: 'NAME',
      env: 'NATSCTL_REMOTE_OPERATOR',
    }),
    seed: Flags.string({
      description: 'File with the seed of the account, or - for stdin.',
      helpValue: 'FILE',
      env: 'NATSCTL_SEED',
    }),
    user: Flags.string({
      description: 'User to make, or to use where it is here.',
      default: DEFAULT_USER,
      helpValue: 'NAME',
      env: 'NATSCTL_USER',
    }),
    ...dryRunFlag,
  };

  async run(): Promise<Loaded> {
    const { flags } = await this.parse(Load);
    const known = flags['remote-operator'];
    const url =
      known === undefined
        ? await required(flags.url, '--url', 'Address of the operator')
        : remoteOperatorUrl(known, process.env);
    const file = await required(flags.seed, '--seed', 'File with the seed of the account');
    checkEntityName(flags.user, 'user');
    const seed = Seed.parse((await readInput(file, { maxBytes: MAX_SEED_FILE_BYTES })).toString('utf8').trim());
    decodePublicKey(seed.publicKey, 'account');
    const found = await readOperatorSource(url, process.env);
    const wanted = { found, seed, user: flags.user, dryRun: flags['dry-run'] };
    const loaded = await load(resolvePaths(this.settings(flags)), wanted, currentTime());
    const { operator, account, user } = loaded;
    if (loaded.dryRun) this.print('would be loaded:\n');
    this.print(
      pairs([
        ['operator', `${operator.name} (${operator.publicKey})`],
        ['account', `${account.name} (${account.publicKey})`],
        ['user', user.publicKey === null ? user.name : `${user.name} (${user.publicKey})`],
        ['creds', user.creds],
        ['clients connect to', loaded.serviceUrls.join(', ')],
        ['store', loaded.store],
      ]),
    );
    if (!this.jsonEnabled() && !loaded.dryRun) {
      this.note(`try it: \`natsctl sub hello --account ${shellWord(account.name)} --user ${shellWord(user.name)}\``);
      this.note(
        `for the nats CLI: \`natsctl context nats ${shellWord(account.name)} --account ${shellWord(account.name)} --user ${shellWord(user.name)}\``,
      );
    }
    return loaded;
  }
}
